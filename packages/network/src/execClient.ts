import { PassThrough, Writable } from 'node:stream'
import { asError } from './asError.ts'
import { execChannel } from './execChannel.ts'
import type { Frames } from './frames.ts'
import type { RemoteExec } from './protocols/exec.ts'

/** A running command's streams, as Node has them, over a stream whose server has said that it is ready. */
export function execOver(frames: Frames, signal: AbortSignal): RemoteExec {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const channel = execChannel(
    frames,
    {
      stdout: (bytes, within) => give(stdout, bytes, within),
      stderr: (bytes, within) => give(stderr, bytes, within),
    },
    signal,
  )
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      channel.write(chunk).then(() => done(), done)
    },
    final(done) {
      channel.end().then(() => done(), done)
    },
  })
  const exit = channel.exit.then(
    (code) => {
      stdout.end()
      stderr.end()
      stdin.destroy()
      return code
    },
    (error) => {
      for (const stream of [stdin, stdout, stderr]) stream.destroy(asError(error))
      throw error
    },
  )
  exit.catch(() => {})
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {})
  const { resize, kill } = channel
  return { stdin, stdout, stderr, exit, resize, kill }
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
