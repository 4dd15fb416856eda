import { fileNames, type ProcessUsage, replaceFile } from './files.ts'

const MEMORY_LOOK_MS = 100
const RECORD_MS = 1_000

/** Measures this process. */
export type Meter = {
  /** Writes the usage so far to the lease's folder; done every second anyway. What cannot be written now, the next one tells. */
  record(): void
}

/** {@link measure}, kept in the lease's folder. */
export function startMeter(directory: string, maximumBytes: number, onExcess: (heldBytes: number) => void): Meter {
  const usage = measure(maximumBytes, onExcess)
  const record = () => {
    try {
      replaceFile(directory, fileNames.usage, usage())
    } catch {
      // The machine's disk is full: no reason for a workload to end.
    }
  }
  record()
  setInterval(record, RECORD_MS)
  return { record }
}

/**
 * Counts time and memory from now, since starting the runtime is not the tenant's doing. `onExcess` hears, once, that the process
 * holds more than `maximumBytes`: the memory of instances is capped by the engine, this catches what a module makes the engine
 * hold besides. Gives what was used so far.
 */
export function measure(maximumBytes: number, onExcess: (heldBytes: number) => void): () => ProcessUsage {
  const from = process.cpuUsage()
  const runtimeBytes = process.memoryUsage.rss()
  let memoryBytes = 0
  let memoryPeakBytes = 0
  let told = false
  const look = () => {
    const heldBytes = process.memoryUsage.rss()
    memoryBytes = Math.max(0, heldBytes - runtimeBytes)
    memoryPeakBytes = Math.max(memoryPeakBytes, memoryBytes)
    if (heldBytes > maximumBytes && !told) {
      told = true
      onExcess(heldBytes)
    }
  }
  look()
  setInterval(look, MEMORY_LOOK_MS)
  return () => {
    const { user, system } = process.cpuUsage(from)
    const cpuMs = Math.round((user + system) / 1_000)
    return { atMs: Date.now(), cpuMs, memoryBytes, memoryPeakBytes }
  }
}
