import { computeUnit, formatSize } from '@tender/protocol'

/** What a host has, as far as units follow from it. */
export type HostSize = {
  cores: number
  memoryBytes: number
  disk: { totalBytes: number; freeBytes: number }
}

export type ProposedUnits = {
  units: number
  /** Where they come from, each half a sentence. */
  because: string[]
}

const GIB = 2 ** 30

/** The host's own needs, and the agent's: never less than this, and a tenth of what there is. */
const LEAST_CORES = 1
const LEAST_MEMORY_BYTES = GIB
const LEAST_DISK_BYTES = 10 * GIB

/**
 * How many compute units a host can promise beside its own needs: what it has least of decides. 0 if it is too small.
 *
 * @example
 * proposeUnits({ cores: 8, memoryBytes: 32 * 2 ** 30, disk: { totalBytes: 500 * 2 ** 30, freeBytes: 400 * 2 ** 30 } }).units  // 7
 */
export function proposeUnits({ cores, memoryBytes, disk }: HostSize): ProposedUnits {
  const kept = {
    cores: Math.max(LEAST_CORES, Math.ceil(cores / 10)),
    memoryBytes: Math.max(LEAST_MEMORY_BYTES, memoryBytes / 10),
    diskBytes: Math.max(LEAST_DISK_BYTES, disk.totalBytes / 10),
  }
  const shares = [
    {
      units: Math.floor(((cores - kept.cores) * 1000) / computeUnit.cpuMillis),
      words: `${cores} cores, ${kept.cores} of them for the host`,
    },
    {
      units: Math.floor((memoryBytes - kept.memoryBytes) / computeUnit.memoryBytes),
      words: `${formatSize(memoryBytes)} of memory, ${formatSize(kept.memoryBytes)} of it for the host`,
    },
    {
      units: Math.floor((disk.freeBytes - kept.diskBytes) / computeUnit.diskBytes),
      words: `${formatSize(disk.freeBytes)} of free disk, ${formatSize(kept.diskBytes)} of it for the host`,
    },
  ].map((share) => ({ ...share, units: Math.max(0, share.units) }))
  const units = Math.min(...shares.map((share) => share.units))
  return { units, because: shares.map((share) => `${share.words}: enough for ${share.units}`) }
}
