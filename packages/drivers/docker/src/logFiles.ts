import { statSync } from 'node:fs'

/** What is kept of a container's log: so many files, the oldest of which goes when the newest is full. */
const FILES = 4
const MIB = 2 ** 20
const FILE_MIB = 8
/** So soon a full set of files (32 MiB) is only written by what writes without end. */
const FLOOD_MS = 15_000

/** `HostConfig.LogConfig` of every container. */
export const logConfig = {
  Type: 'json-file',
  Config: { 'max-size': `${FILE_MIB}m`, 'max-file': `${FILES}` },
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
  if (!oldest || oldest.size <= (FILE_MIB - 1) * MIB) return false
  const ageMs = nowMs - oldest.birthtimeMs
  // Negative: somebody has set the clock.
  return ageMs >= 0 && ageMs < FLOOD_MS
}
