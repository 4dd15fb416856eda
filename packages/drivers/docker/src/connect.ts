import type { Duplex } from 'node:stream'
import type { LeaseId } from '@tender/driver'

/** Connects to a container's address in its lease's network, within 10 s. @throws {NotServingError} */
export declare function connectTo(
  leaseId: LeaseId,
  address: { host: string; port: number },
  signal: AbortSignal,
): Promise<Duplex>
