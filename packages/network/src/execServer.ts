import type { Readable } from 'node:stream'
import { chunked } from './chunks.ts'
import { BadFrameError } from './errors.ts'
import { type ExecOutput, INPUT_WINDOW_BYTES, inputSchema, MAX_FRAME_BYTES, outputSchema } from './execFrames.ts'
import type { Frames } from './frames.ts'
import type { RemoteExec } from './protocols/exec.ts'
import { readFrame, writeAnswer } from './rpc.ts'
import { tellReady } from './streamKind.ts'

/** Carries a command's streams until it has ended; kills it if the caller goes first. */
export async function runExec(session: RemoteExec, frames: Frames, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const kill = () => session.kill()
  signal.addEventListener('abort', kill, { once: true })
  // A command that ends while input is on its way to it is no failure.
  session.stdin.on('error', () => {})
  const send = (output: ExecOutput) => writeAnswer(frames, outputSchema, output, either)
  const ended = session.exit.then((code) => ({ code }))
  ended.catch(() => {})
  try {
    signal.throwIfAborted()
    await tellReady(frames, signal)
    const input = takeInput(session, frames, send, either)
    const output = Promise.all([
      sendAll(session.stdout, (stdout) => send({ stdout })),
      sendAll(session.stderr, (stderr) => send({ stderr })),
      ended,
    ])
    // The input goes on until the command ends; if it fails before, nobody is there any more.
    const [, , { code }] = await Promise.race([output, input])
    await send({ exit: code })
  } catch (error) {
    session.kill()
    throw error
  } finally {
    over.abort()
    signal.removeEventListener('abort', kill)
    session.stdout.destroy()
    session.stderr.destroy()
    session.stdin.destroy()
  }
}

async function sendAll(output: Readable, send: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  for await (const bytes of chunked(output)) await send(bytes)
}

/** Rejects when the caller goes or breaks the protocol. */
async function takeInput(
  session: RemoteExec,
  frames: Frames,
  send: (output: ExecOutput) => Promise<void>,
  signal: AbortSignal,
): Promise<never> {
  let untakenBytes = 0
  while (true) {
    const frame = await readFrame(frames, inputSchema, MAX_FRAME_BYTES, signal)
    if ('kill' in frame) session.kill()
    else if ('resize' in frame) await session.resize(frame.resize)
    else if ('end' in frame) session.stdin.end()
    else {
      const taken = frame.stdin.byteLength
      untakenBytes += taken
      if (untakenBytes > INPUT_WINDOW_BYTES) throw new BadFrameError('more input than its window holds')
      // Also what the command no longer wants is taken, or its sender would wait for ever.
      const done = () => {
        untakenBytes -= taken
        if (taken > 0) send({ taken }).catch(() => {})
      }
      if (session.stdin.writable) session.stdin.write(frame.stdin, done)
      else done()
    }
  }
}
