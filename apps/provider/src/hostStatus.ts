import type { Driver } from '@tender/driver'

/** What a driver says of its host. Plain JSON. */
export type DriverStatus = {
  kind: string
  healthy: boolean
  /** Why not. */
  reason?: string
  /** What is there and what is not used, in thousandths of a core and bytes; absent if it is not healthy. */
  cpuMilli?: { total: number; free: number }
  memoryBytes?: { total: number; free: number }
  diskBytesFree?: number
  /** Graphics cards by resource class. */
  gpus?: Record<string, number>
}

/** Asks each driver what its host can run now. */
export function driverStatuses(drivers: readonly Driver[], signal: AbortSignal): Promise<DriverStatus[]> {
  return Promise.all(drivers.map((driver) => driverStatus(driver, signal)))
}

async function driverStatus({ kind, probe }: Driver, signal: AbortSignal): Promise<DriverStatus> {
  const host = await probe(signal)
  if (!host.healthy) return { kind, healthy: false, reason: host.reason }
  const gpus: Record<string, number> = {}
  for (const { resource } of host.gpus ?? []) gpus[resource] = (gpus[resource] ?? 0) + 1
  return {
    kind,
    healthy: true,
    cpuMilli: { total: host.cpuMilliTotal, free: host.cpuMilliFree },
    memoryBytes: { total: host.memoryBytesTotal, free: host.memoryBytesFree },
    diskBytesFree: host.diskBytesFree,
    ...(Object.keys(gpus).length > 0 && { gpus }),
  }
}
