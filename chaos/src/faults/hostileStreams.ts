import { setTimeout as sleep } from 'node:timers/promises'
import { encodeWire } from '@tender/network/testParsers'
import { nextEvent, type Stranger, sendOn } from '@tender/network/testStranger'
import { bytes, type Random } from '../random.ts'

/** A peer that was met. */
export type Met = Awaited<ReturnType<Stranger['meet']>>

/** What is said on one stream. */
export type Speech = {
  pieces: readonly Uint8Array[]
  /** Between one piece and the next. */
  everyMs?: number
  /** It says that it ends, holds the stream for as long as the other side lets it, or breaks it off. */
  last: 'end' | 'hold' | 'reset'
}

/** Nobody talks on one stream for longer. */
const STREAM_MS = 5_000
const PIECE_BYTES = 64 * 1024
const ENDLESS_PIECES = 48
const CROWD = 96

/** A frame as peers' protocols have it, which may say of itself that it is longer or shorter than it is. */
function frame(content: Uint8Array, length = content.byteLength): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32BE(length)
  return Buffer.concat([prefix, content])
}

const word = `0x${'00'.repeat(32)}`

/** What a handler may be told that it cannot use. */
export const speeches: Readonly<Record<string, (random: Random) => Speech>> = {
  silence: () => ({ pieces: [], last: 'hold' }),
  nothing: () => ({ pieces: [], last: 'end' }),
  noise: (random) => ({ pieces: [bytes(random, 4096)], last: 'end' }),
  noCbor: (random) => ({ pieces: [frame(bytes(random, 300))], last: 'end' }),
  emptyFrame: () => ({ pieces: [frame(new Uint8Array())], last: 'hold' }),
  wrongShape: () => ({ pieces: [frame(encodeWire({ lease: -1n, order: [null, ''], task: 2n ** 255n }))], last: 'end' }),
  // A question for which nobody is asked this way, with ids that nothing has.
  nobodys: () => ({
    pieces: [frame(encodeWire({ lease: word, leases: [word], era: 0n, task: 0, address: word }))],
    last: 'end',
  }),
  deep: () => ({ pieces: [frame(Buffer.alloc(PIECE_BYTES, 0x81))], last: 'end' }),
  // A map that says that it has 2^64 - 1 entries.
  hugeMap: () => ({ pieces: [frame(Buffer.from('bbffffffffffffffff6161', 'hex'))], last: 'hold' }),
  // An integer as long as the frame.
  hugeNumber: () => ({
    pieces: [frame(Buffer.concat([Buffer.from('c25a0000fff0', 'hex'), Buffer.alloc(0xfff0, 9)]))],
    last: 'end',
  }),
  hugeLength: (random) => ({ pieces: [frame(bytes(random, 1000), 0xffff_ffff)], last: 'hold' }),
  cutFrame: (random) => ({ pieces: [frame(bytes(random, 10), 1000)], last: 'end' }),
  reset: (random) => ({ pieces: [frame(bytes(random, 10), 1000)], last: 'reset' }),
  drip: (random) => ({
    pieces: [frame(new Uint8Array(), 200), ...Array.from({ length: 200 }, () => bytes(random, 1))],
    ...{ everyMs: 100, last: 'hold' },
  }),
  endless: () => ({
    pieces: [
      frame(new Uint8Array(), PIECE_BYTES),
      ...Array<Buffer>(ENDLESS_PIECES).fill(Buffer.alloc(PIECE_BYTES, 0xee)),
    ],
    last: 'hold',
  }),
}

/** Opens a stream and says it. Never rejects: to be refused and cut off is what is to be expected. */
export async function say(met: Met, protocol: string, { pieces, everyMs, last }: Speech, signal: AbortSignal) {
  const within = AbortSignal.any([signal, AbortSignal.timeout(STREAM_MS)])
  try {
    const stream = await met.open(protocol, within)
    try {
      for (const piece of pieces) {
        await sendOn(stream, piece, within)
        if (everyMs !== undefined) await sleep(everyMs, undefined, { signal: within })
      }
      if (last === 'end') await stream.close({ signal: within })
      if (last === 'hold') await nextEvent(stream, ['close'], within)
    } finally {
      stream.abort(new Error('it was nonsense'))
    }
  } catch {
    // It was refused, or cut off, or has lasted long enough.
  }
}

/** Many streams of one protocol at once, on which nothing is said. */
export async function crowd(met: Met, protocol: string, signal: AbortSignal): Promise<void> {
  const silence: Speech = { pieces: [], last: 'hold' }
  await Promise.all(Array.from({ length: CROWD }, () => say(met, protocol, silence, signal)))
}
