import { ConsoleStdout, type Fd } from '@bjorn3/browser_wasi_shim'

const FLUSH_BYTES = 4_096
const NEWLINE = 10
/** What a write costs besides its bytes, so that a million empty lines are not free. */
const WRITE_COST_BYTES = 64

/** Thrown into a module that wrote more than it may, to unwind it. */
export class OutputFloodError extends Error {
  constructor(maximumBytes: number) {
    super(`wrote more than ${maximumBytes} bytes at once`)
    this.name = 'OutputFloodError'
  }
}

/**
 * Standard input over fixed bytes. Reading is all it can do: the shim's own file would let a module resize it, and so take
 * memory that no cap sees.
 */
export function inputStream(bytes: Uint8Array): Fd {
  let position = 0
  return Object.assign(new ConsoleStdout(() => {}), {
    fd_read(size: number) {
      const data = bytes.subarray(position, position + size)
      position += data.length
      return { ret: 0, data }
    },
  })
}

/** Keeps what is written, up to `maximumBytes`. */
export function capturedStream(
  maximumBytes: number,
  onFlood: () => void,
): { fd: Fd; bytes(): Uint8Array<ArrayBuffer> } {
  const chunks: Uint8Array[] = []
  const spend = createBudget({ maximumBytes, bytesPerSecond: 0 }, onFlood)
  const fd = new ConsoleStdout((chunk) => {
    spend(chunk.length)
    chunks.push(chunk)
  })
  return { fd, bytes: () => new Uint8Array(Buffer.concat(chunks)) }
}

/** Passes on what is written, whole lines where they are short. `spend` throws once the module has written too much. */
export function forwardedStream(
  spend: (bytes: number) => void,
  send: (chunk: Uint8Array) => void,
): { fd: Fd; flush(): void } {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  const flush = () => {
    if (pendingBytes === 0) return
    // A copy of its own: sending a view would send all of the buffer behind it, which Node shares among small ones.
    send(new Uint8Array(Buffer.concat(pending)))
    pending = []
    pendingBytes = 0
  }
  const fd = new ConsoleStdout((chunk) => {
    spend(chunk.length + WRITE_COST_BYTES)
    pending.push(chunk)
    pendingBytes += chunk.length
    if (pendingBytes >= FLUSH_BYTES || chunk.at(-1) === NEWLINE) flush()
  })
  return { fd, flush }
}

/**
 * Counts what is written: `maximumBytes` at once, and `bytesPerSecond` more as time goes by. Past that it tells `onFlood`
 * once, and throws at every further write.
 */
export function createBudget(
  { maximumBytes, bytesPerSecond }: { maximumBytes: number; bytesPerSecond: number },
  onFlood: () => void,
): (bytes: number) => void {
  let left = maximumBytes
  let countedMs = performance.now()
  let flooded = false
  return (bytes) => {
    const nowMs = performance.now()
    left = Math.min(left + ((nowMs - countedMs) / 1_000) * bytesPerSecond, maximumBytes) - bytes
    countedMs = nowMs
    if (left >= 0 && !flooded) return
    if (!flooded) onFlood()
    flooded = true
    throw new OutputFloodError(maximumBytes)
  }
}
