import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import type { LeaseBook } from '../leaseAccess.ts'
import { soon, startNode } from '../testNetwork.ts'
import {
  type LogLine,
  type LogsRequest,
  packLogLines,
  readLogs,
  type SealedLogLines,
  serveLogs,
  type Unseal,
} from './logs.ts'

const lease: Hex = `0x${'77'.repeat(32)}`
const line = (text: string): LogLine => ({ atMs: 1, stream: 'stdout', service: 'web', text })

async function setUp(logs: (request: LogsRequest, signal: AbortSignal) => AsyncIterable<LogLine | SealedLogLines>) {
  const [agent, provider] = [await startNode(), await startNode()]
  const book: LeaseBook = {
    find: async () => ({ tenant: agent.address, agent: agent.address, manifest: lease }),
    remember: async () => {},
  }
  await serveLogs(provider, { ...book, logs })
  const read = (request: Partial<LogsRequest> & { unseal?: Unseal } = {}, from = agent, signal = soon()) =>
    readLogs(from, provider.contact(), { lease, follow: false, tail: 10, ...request }, signal)
  return { read, provider }
}

test('lines arrive in order, then the end; a very long line is cut', async () => {
  const { read } = await setUp(async function* ({ tail }) {
    for (let n = 0; n < tail; n++) yield line(`${n}`)
    yield line('x'.repeat(100_000))
  })
  const lines = await Array.fromAsync(read({ tail: 2000 }))
  expect(lines).toHaveLength(2001)
  expect(lines[1999]?.text).toBe('1999')
  expect(lines[2000]?.text).toHaveLength(16 * 1024)
})

test('a reader that goes ends what is read for it', async () => {
  const ended = Promise.withResolvers<void>()
  const { read } = await setUp(async function* (_, signal) {
    signal.addEventListener('abort', () => ended.resolve())
    yield line('first')
    await ended.promise
  })
  for await (const { text } of read({ follow: true })) {
    expect(text).toBe('first')
    break
  }
  await ended.promise
})

test('an aborted reader throws', async () => {
  const { read } = await setUp(async function* (_, signal) {
    yield line('first')
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  })
  const abort = new AbortController()
  const reading = (async () => {
    for await (const _ of read({ follow: true }, undefined, abort.signal)) abort.abort(new Error('enough'))
  })()
  await expect(reading).rejects.toThrow('enough')
})

test('a provider that stops is not taken for the end of the log', async () => {
  const { read, provider } = await setUp(async function* (_, signal) {
    yield line('first')
    await new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  const reading = (async () => {
    for await (const _ of read({ follow: true })) await provider.stop()
  })()
  await expect(reading).rejects.toThrow()
})

test('the log of an ended lease comes in sealed pieces, which only who can open them reads', async () => {
  const lines = [line('first'), line('second')]
  // Any sealing will do here: the bytes upside down.
  const flip = async (bytes: Uint8Array) => bytes.map((byte) => 255 - byte)
  const { read } = await setUp(async function* () {
    yield { sealed: await flip(packLogLines(lines.slice(0, 1))) }
    yield { sealed: await flip(packLogLines(lines.slice(1))) }
  })
  expect(await Array.fromAsync(read({ unseal: flip }))).toEqual(lines)
  await expect(Array.fromAsync(read())).rejects.toMatchObject({ code: 'sealedLog' })
  await expect(Array.fromAsync(read({ unseal: async (sealed) => sealed }))).rejects.toMatchObject({ code: 'badFrame' })
})

test('only the agent reads', async () => {
  const { read } = await setUp(async function* () {
    yield line('secret')
  })
  await expect(Array.fromAsync(read({}, await startNode()))).rejects.toMatchObject({ code: 'notAgent' })
})
