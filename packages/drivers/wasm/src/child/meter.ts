import type { Usage } from '@tender/driver'
import { fileNames, replaceFile } from './files.ts'

const MEMORY_LOOK_MS = 100
const RECORD_MS = 1_000

/** Measures this process. */
export type Meter = {
  /** Writes the usage so far to the lease's folder; done every second anyway. */
  record(): void
}

/**
 * Counts from now, since starting the runtime is not the tenant's doing. `onExcess` hears, once, that the process holds more
 * than `maximumBytes`: the memory of instances is capped by the engine, this catches what a module makes the engine hold
 * besides.
 */
export function startMeter(directory: string, maximumBytes: number, onExcess: (heldBytes: number) => void): Meter {
  const from = process.cpuUsage()
  let peakBytes = 0
  let told = false
  const look = () => {
    const bytes = process.memoryUsage.rss()
    peakBytes = Math.max(peakBytes, bytes)
    if (bytes > maximumBytes && !told) {
      told = true
      onExcess(bytes)
    }
  }
  const record = () => {
    const { user, system } = process.cpuUsage(from)
    const usage: Usage = { cpuMs: Math.round((user + system) / 1_000), memoryPeakBytes: peakBytes }
    replaceFile(directory, fileNames.usage, usage)
  }
  look()
  record()
  setInterval(look, MEMORY_LOOK_MS)
  setInterval(record, RECORD_MS)
  return { record }
}
