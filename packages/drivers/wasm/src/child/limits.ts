const MEBIBYTE = 2 ** 20

/** Bounds that keep one workload's process small. Those of the tenant's own choice are in `WorkloadSpec.limits`. */
export const limits = {
  /** One file of a lease's log; an older one of this size is kept beside it. */
  logFileBytes: 2 * MEBIBYTE,
  /** What a command may write at once; more ends it. Fits in the log, so nothing of the end is lost. */
  commandLogBytes: 2 * MEBIBYTE,
  /** What one request may write to the log at once. */
  requestLogBytes: 65_536,
  /** What may be written besides as time goes by: a busy program's log, not a flood. */
  logBytesPerSecond: 65_536,
  requestBodyBytes: 8 * MEBIBYTE,
  responseBytes: 16 * MEBIBYTE,
  /** For one request, unless the spec says otherwise. */
  requestMs: 10_000,
  /** To compile and instantiate a module: of the processor, and of the clock at least. */
  loadMs: 5_000,
  /** The same, by the clock: on a busy machine five seconds of the processor take long. */
  loadWaitMs: 60_000,
  /** More than any compiled language makes of an ordinary program. */
  moduleBytes: 64 * MEBIBYTE,
  /** What the runtime itself takes besides the tenant's memory: measured 70 MiB idle, plus code and buffers. */
  runtimeMemoryBytes: 256 * MEBIBYTE,
  /** Threads of one workload, however many cores it has. */
  threads: 16,
} as const

/** Longest that a timer can wait; a longer limit is no limit. */
export const maximumTimerMs = 2 ** 31 - 1
