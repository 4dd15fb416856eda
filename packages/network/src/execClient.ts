import { PassThrough, Writable } from 'node:stream'
import { CHUNK_BYTES } from './chunks.ts'
import { asError } from './duplex.ts'
import { type ExecInput, INPUT_WINDOW_BYTES, MAX_FRAME_BYTES, outputSchema } from './execFrames.ts'
import type { Frames } from './frames.ts'
import type { RemoteExec } from './protocols/exec.ts'
import { readAnswer } from './rpc.ts'
import { encodeWire } from './wire.ts'

/** A running command's streams over a stream whose server has said that it is ready. */
export function execOver(frames: Frames, signal: AbortSignal): RemoteExec {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const send = (input: ExecInput) => frames.write(encodeWire(input), either)
  const window = createWindow()
  const stdin = inputOver(send, window, either)
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]

  async function readOutput(): Promise<number> {
    while (true) {
      const output = await readAnswer(frames, outputSchema, MAX_FRAME_BYTES, either)
      if ('stdout' in output) await give(stdout, output.stdout, either)
      else if ('stderr' in output) await give(stderr, output.stderr, either)
      else if ('taken' in output) window.widen(output.taken)
      else return output.exit
    }
  }

  const exit = readOutput().then(
    (code) => {
      stdout.end()
      stderr.end()
      over.abort(new Error('the command has ended'))
      stdin.destroy()
      void frames.close()
      return code
    },
    (thrown) => {
      const error = asError(thrown)
      over.abort(error)
      for (const stream of [stdin, stdout, stderr]) stream.destroy(error)
      frames.abort(error)
      throw error
    },
  )
  exit.catch(() => {})
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {})

  return {
    stdin,
    stdout,
    stderr,
    exit,
    resize: (resize) => send({ resize }),
    kill: () => void send({ kill: true }).catch(() => {}),
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

function inputOver(send: (input: ExecInput) => Promise<void>, window: Window, signal: AbortSignal): Writable {
  async function write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      const size = await window.take(Math.min(CHUNK_BYTES, bytes.byteLength - at), signal)
      await send({ stdin: bytes.subarray(at, at + size) })
      at += size
    }
  }
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      write(chunk).then(() => done(), done)
    },
    final(done) {
      send({ end: true }).then(() => done(), done)
    },
  })
}

/** Resolves once the reader has room again; a stream that its reader destroyed takes everything. */
async function give(stream: PassThrough, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (stream.destroyed || stream.write(bytes)) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => resolve()
  stream.once('drain', done).once('close', done)
  signal.addEventListener('abort', done, { once: true })
  await promise
  stream.off('drain', done).off('close', done)
  signal.removeEventListener('abort', done)
  signal.throwIfAborted()
}
