import { asError } from './asError.ts'
import { CHUNK_BYTES } from './chunks.ts'
import { type ExecInput, INPUT_WINDOW_BYTES, MAX_FRAME_BYTES, outputSchema } from './execFrames.ts'
import type { Frames } from './frames.ts'
import { readAnswer } from './rpc.ts'
import { encodeWire } from './wire.ts'

/** Takes a command's output; the command is held back until what it returns resolves. */
export type ExecOutput = {
  stdout(bytes: Uint8Array, signal: AbortSignal): Promise<void> | void
  /** Never called under a terminal: there both are one. */
  stderr(bytes: Uint8Array, signal: AbortSignal): Promise<void> | void
}

/** A command that runs elsewhere. */
export type ExecChannel = {
  /** Resolves once the command has room for more input. */
  write(bytes: Uint8Array): Promise<void>
  /** Ends its input. */
  end(): Promise<void>
  resize(size: { columns: number; rows: number }): Promise<void>
  /** Its code, once it has ended and all its output was taken. Rejects if the connection breaks. */
  readonly exit: Promise<number>
  kill(): void
}

/** A running command over a stream whose server has said that it is ready. */
export function execChannel(frames: Frames, output: ExecOutput, signal: AbortSignal): ExecChannel {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const send = (input: ExecInput) => frames.write(encodeWire(input), either)
  const window = createWindow()

  async function readOutput(): Promise<number> {
    while (true) {
      const item = await readAnswer(frames, outputSchema, MAX_FRAME_BYTES, either)
      if ('stdout' in item) await output.stdout(item.stdout, either)
      else if ('stderr' in item) await output.stderr(item.stderr, either)
      else if ('taken' in item) window.widen(item.taken)
      else return item.exit
    }
  }

  const exit = readOutput().then(
    (code) => {
      over.abort(new Error('the command has ended'))
      void frames.close()
      return code
    },
    (thrown) => {
      const error = asError(thrown)
      over.abort(error)
      frames.abort(error)
      throw error
    },
  )
  exit.catch(() => {})

  return {
    async write(bytes) {
      for (let at = 0; at < bytes.byteLength; ) {
        const size = await window.take(Math.min(CHUNK_BYTES, bytes.byteLength - at), either)
        await send({ stdin: bytes.subarray(at, at + size) })
        at += size
      }
    },
    end: () => send({ end: true }),
    resize: (resize) => send({ resize }),
    kill: () => void send({ kill: true }).catch(() => {}),
    exit,
  }
}

type Window = { take(most: number, signal: AbortSignal): Promise<number>; widen(bytes: number): void }

/** How much input may be sent. */
function createWindow(): Window {
  let openBytes = INPUT_WINDOW_BYTES
  let widened = Promise.withResolvers<void>()
  return {
    async take(most, signal) {
      while (openBytes === 0) {
        signal.throwIfAborted()
        const aborted = () => widened.resolve()
        signal.addEventListener('abort', aborted, { once: true })
        await widened.promise
        signal.removeEventListener('abort', aborted)
      }
      const taken = Math.min(most, openBytes)
      openBytes -= taken
      return taken
    },
    widen(bytes) {
      openBytes = Math.min(INPUT_WINDOW_BYTES, openBytes + bytes)
      widened.resolve()
      widened = Promise.withResolvers()
    },
  }
}
