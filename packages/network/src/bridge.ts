import type { Duplex } from 'node:stream'
import { duplexOver, joinDuplexes } from './duplex.ts'
import type { Frames } from './frames.ts'
import { tellReady } from './streamKind.ts'

/** What follows on a stream, as Node has it. */
export function restOf(frames: Frames): Duplex {
  const { stream, input } = frames.rest()
  return duplexOver(stream, input)
}

/** Says that it is ready and carries bytes between the caller and `target` until both sides have ended; `target` is destroyed. */
export async function bridge(frames: Frames, target: Duplex, signal: AbortSignal): Promise<void> {
  // Until it is joined nobody else listens for its errors.
  target.on('error', () => {})
  try {
    await tellReady(frames, signal)
    await joinDuplexes(restOf(frames), target, signal)
  } finally {
    target.destroy()
  }
}
