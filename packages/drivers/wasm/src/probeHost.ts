import { mkdir, statfs } from 'node:fs/promises'
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os'
import type { HostReport } from '@tender/driver'

/** Free cores are those that were idle over the last minute. */
export async function probeHost(stateDir: string): Promise<HostReport> {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
    const disk = await statfs(stateDir)
    const cpuMilliTotal = availableParallelism() * 1_000
    const busy = Math.ceil((loadavg()[0] ?? 0) * 1_000)
    return {
      healthy: true,
      cpuMilliTotal,
      cpuMilliFree: Math.max(cpuMilliTotal - busy, 0),
      memoryBytesTotal: totalmem(),
      memoryBytesFree: freemem(),
      diskBytesFree: disk.bavail * disk.bsize,
    }
  } catch (error) {
    return {
      healthy: false,
      reason: `${stateDir} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}
