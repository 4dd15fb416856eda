import { bytes32Schema } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Context } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'

/** A lease of this machine's records by the beginning of its id, or any by its whole id. */
export async function leaseIdOf({ home }: Pick<Context, 'home'>, market: string, prefix: string): Promise<Hex> {
  const whole = bytes32Schema.safeParse(prefix)
  if (whole.success) return whole.data
  const records = await openTenantRecords(marketDirectory(home, market))
  return (await records.leases.find(prefix)).leaseId
}
