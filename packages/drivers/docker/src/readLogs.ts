import { setTimeout as delay } from 'node:timers/promises'
import type { LeaseId, LogLine, LogOptions } from '@tender/driver'
import { lookAt, type Seen } from './containers.ts'
import { type Engine, ignore } from './engine.ts'

const FOLLOW_POLL_MS = 250
const HEADER_BYTES = 8
/** No message of the engine's is longer; it breaks longer lines itself. */
const MOST_FRAME_BYTES = 2 ** 20

/** A line, and its time as the engine wrote it, to the nanosecond. */
type Dated = { readonly time: string; readonly line: LogLine }

/**
 * What all containers of a lease wrote, merged by time. `isOver` is asked before each look for more, so that what was written
 * before the end is read to the end.
 */
export async function* readLogs(
  engine: Engine,
  leaseId: LeaseId,
  { tailLines, follow = false, only = () => true }: LogOptions & { readonly only?: (seen: Seen) => boolean },
  isOver: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  /** The last line of each container that was given. */
  const last = new Map<string, string>()
  let tail = tailLines
  do {
    signal.throwIfAborted()
    const over = !follow || (await isOver())
    const containers = (await lookAt(engine, leaseId)).filter(only)
    const found = await Promise.all(containers.map((seen) => linesOf(engine, seen, last.get(seen.id), tail, signal)))
    for (const [index, { id }] of containers.entries()) {
      const time = found[index]?.at(-1)?.time
      if (time !== undefined) last.set(id, time)
    }
    const lines = found.flat().toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    for (const { line } of tail === undefined ? lines : lines.slice(Math.max(lines.length - tail, 0))) yield line
    if (over) return
    tail = undefined
    // An abort ends the wait early; the loop then throws its reason.
    await delay(FOLLOW_POLL_MS, undefined, { signal }).catch(() => {})
  } while (follow)
}

async function linesOf(
  { streams }: Engine,
  { id, service }: Seen,
  after: string | undefined,
  tail: number | undefined,
  abortSignal: AbortSignal,
): Promise<Dated[]> {
  if (tail === 0) tail = 1
  const since = after === undefined ? {} : { since: secondsOf(after) }
  const output = await streams
    .getContainer(id)
    .logs({
      follow: false,
      stdout: true,
      stderr: true,
      timestamps: true,
      ...since,
      ...(tail !== undefined && { tail }),
      abortSignal,
    })
    .catch(ignore(404))
  const lines = output === undefined ? [] : [...frames(output)].map((frame) => dated(service, frame))
  // `since` is inclusive.
  return after === undefined ? lines : lines.filter(({ time }) => time > after)
}

function secondsOf(time: string): string {
  const [, fraction = '0'] = /\.(\d+)/.exec(time) ?? []
  return `${Math.floor(Date.parse(time) / 1_000)}.${fraction}`
}

type Frame = { readonly stream: 'stdout' | 'stderr'; readonly text: string }

/** The engine's multiplexed format: stream, length, message. */
function* frames(output: Buffer): Generator<Frame> {
  for (let offset = 0; offset + HEADER_BYTES <= output.length; ) {
    const length = Math.min(output.readUInt32BE(offset + 4), MOST_FRAME_BYTES)
    const stream = output[offset] === 2 ? 'stderr' : 'stdout'
    offset += HEADER_BYTES
    yield { stream, text: output.toString('utf8', offset, offset + length) }
    offset += length
  }
}

function dated(service: string, { stream, text }: Frame): Dated {
  const space = text.indexOf(' ')
  const time = padded(text.slice(0, space))
  const line: LogLine = { atMs: Date.parse(time), service, stream, text: text.slice(space + 1).replace(/\r?\n$/, '') }
  return { time, line }
}

/** Times of one length can be compared as text; the engine leaves trailing zeros out. */
function padded(time: string): string {
  const [seconds = '', fraction = ''] = time.replace(/Z$/, '').split('.')
  return `${seconds}.${fraction.padEnd(9, '0')}Z`
}
