import {
  createGossip,
  decodeWire,
  dialableAt,
  encodeWire,
  framesOver,
  type Log,
  topicNames,
} from '@tender/network/testParsers'
import { MAX_ENVELOPE_BYTES } from '@tender/protocol'
import { joined } from '../mutate.ts'
import { attempt, attemptLater, bytesOf, isRefusal, must, type Target, textOf } from '../target.ts'
import { envelopes } from './envelopes.ts'

const NETWORK = 'packages/network/src/'
const never = new AbortController().signal

/** A value's bytes; `undefined` for what is nested so deeply that only its reader gets through it: nobody writes what others sent. */
function written(value: unknown): Uint8Array | undefined {
  try {
    return encodeWire(value)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const cbor: Target = {
  name: 'cbor',
  format: 'cbor',
  maxBytes: 64 * 1024,
  code: [`${NETWORK}wire.ts`, 'node_modules/cborg/'],
  seeds: () =>
    [
      { a: 1n << 200n, b: [true, null, -5, 1.5], c: new Uint8Array(3), d: 'text' },
      [],
      'ä',
      2 ** 40,
      { nested: [[[{}]]] },
    ].map(encodeWire),
  run(input) {
    const read = attempt(() => decodeWire(input))
    if (!read) return false
    const once = written(read.value)
    const twice = once && written(decodeWire(once))
    must(!once || (twice !== undefined && Buffer.compare(once, twice) === 0), 'a value does not survive being written')
    return true
  },
}

/** A stream on which these pieces come, and then nothing more. */
function streamOf(pieces: readonly Uint8Array[]): Parameters<typeof framesOver>[0] {
  const events = new EventTarget()
  const stream = Object.assign(events, {
    ...{ readStatus: 'readable', writeStatus: 'writable', status: 'open', readableEnded: false, writeBufferLength: 0 },
    ...{ pause() {}, resume() {}, send: () => true, close: async () => {}, abort() {} },
  })
  queueMicrotask(() => {
    for (const data of pieces) {
      events.dispatchEvent(
        Object.assign(new Event('message'), { data: Object.assign(data, { subarray: data.subarray.bind(data) }) }),
      )
    }
    Object.assign(stream, { readStatus: 'closed', readableEnded: true })
    events.dispatchEvent(new Event('remoteCloseWrite'))
  })
  // CAST: what frames use of a stream is here
  return stream as never
}

const frames: Target = {
  name: 'frames',
  format: 'bytes',
  maxBytes: 4 * 1024,
  code: [`${NETWORK}frames.ts`, `${NETWORK}streamInput.ts`],
  seeds: () => [joined([Uint8Array.of(0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1, 9)])],
  async run(input) {
    const cut = (input[3] ?? 0) + 1
    const stream = framesOver(
      streamOf(
        [input.slice(0, cut), input.slice(cut, 3 * cut), input.slice(3 * cut)].filter(({ length }) => length > 0),
      ),
    )
    let bytes = 0
    const read = await attemptLater(async () => {
      for (let frame = await stream.read(1024, never); frame; frame = await stream.read(1024, never)) {
        must(frame.length <= 1024, 'a frame that is too large was taken')
        bytes += 4 + frame.length
      }
    })
    if (read) must(bytes === input.length, 'bytes were lost')
    return read !== undefined
  },
}

/** Everything that gossip is checked for, but that signatures are right: nobody can make those by chance. */
function listener() {
  const unexpected: unknown[] = []
  const log: Log = (_level, _message, fields) => {
    if (fields?.error !== undefined && !isRefusal(fields.error)) unexpected.push(fields.error)
  }
  const validators = new Map<string, (neighbour: unknown, message: unknown) => Promise<unknown>>()
  const view = { verifySignature: async () => true, providerOf: async () => 1n, nowSeconds: () => 1_000, log }
  createGossip({
    // CAST: what topics use of a peer until they publish
    peer: { services: { pubsub: { topicValidators: validators } } } as never,
    ...{
      market: envelopes.market,
      view,
      contact: () => ({ publicKey: envelopes.publicKey, addresses: [] }),
      signal: never,
    },
  })
  return { validators, unexpected }
}

const gossip: Target = {
  name: 'gossip',
  format: 'cbor',
  maxBytes: MAX_ENVELOPE_BYTES + 1024,
  code: ['gossip.ts', 'gossipRule.ts', 'recent.ts', 'rateLimit.ts']
    .map((file) => `${NETWORK}${file}`)
    .concat('packages/protocol/src/schemas.ts'),
  seeds: () => envelopes.all.map(encodeWire),
  async run(input) {
    // What was seen before, and how much of it, must not matter.
    const { validators, unexpected } = listener()
    let accepted = false
    for (const topic of topicNames(envelopes.market)) {
      const verdict = await validators.get(topic)?.(
        { toString: () => 'neighbour' },
        { type: 'signed', from: envelopes.peer, data: input },
      )
      accepted ||= verdict === 'accept'
    }
    if (unexpected.length > 0) throw unexpected[0]
    if (accepted) must(input.length <= MAX_ENVELOPE_BYTES, 'gossip that is too large was passed on')
    return accepted
  },
}

const addresses: Target = {
  name: 'peer-address',
  format: 'text',
  maxBytes: 1024,
  code: [`${NETWORK}identity.ts`, `${NETWORK}addresses.ts`],
  words: ['/ip4/', '/tcp/', '/p2p/', '/dns4/', '/ip6/', '/p2p-circuit'],
  seeds: () => ['/ip4/203.0.113.7/tcp/4100/p2p/16Uiu2HAm9rLKyrN4Lp8VPqZ3YFPHhN8dFeSPDRE1BKhTBf1pVeoz'].map(bytesOf),
  run(input) {
    const read = attempt(() => dialableAt(textOf(input)))
    if (read) must(/^0x0[23][0-9a-f]{64}$/.test(read.value.publicKey), 'a peer without a key')
    return read !== undefined
  },
}

export const wireTargets = [cbor, frames, gossip, addresses]
