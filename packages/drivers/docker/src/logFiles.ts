import { statSync } from 'node:fs'

/** What is kept of a container's log: so many files, the oldest of which goes when the newest is full. */
const FILES = 4
const MIB = 2 ** 20
/** Of all first files of a lease together; one container has at most, and at least, so much. */
const LEASE_MIB = 32
const MOST_FILE_MIB = 8
/** So soon a full set of files (32 MiB, or less of many containers) is only written by what writes without end. */
const FLOOD_MS_PER_MIB = 1_875

/** `HostConfig.LogConfig` of each of a lease's containers. They all are on the host's own disk, so many have less each. */
export function logConfigOf(containers: number): { Type: string; Config: { 'max-size': string; 'max-file': string } } {
  const fileMib = Math.max(1, Math.min(MOST_FILE_MIB, Math.floor(LEASE_MIB / containers)))
  return { Type: 'json-file', Config: { 'max-size': `${fileMib}m`, 'max-file': `${FILES}` } }
}

/**
 * True if a container writes as fast as it can. What it writes costs the host no more disk than the files, so a service may write
 * for weeks; but the engine's work for a flood is on nobody's account, and what anybody wanted to read is washed away.
 *
 * `logPath`: as the engine names it. False where that is not this machine's.
 */
export function isFlooding(logPath: string, nowMs: number): boolean {
  if (logPath === '') return false
  const oldest = statSync(`${logPath}.${FILES - 1}`, { throwIfNoEntry: false })
  if (!oldest) return false
  const ageMs = nowMs - oldest.birthtimeMs
  // Negative: somebody has set the clock.
  return ageMs >= 0 && ageMs < (oldest.size / MIB) * FLOOD_MS_PER_MIB
}
