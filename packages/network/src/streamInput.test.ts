import { randomBytes } from 'node:crypto'
import type { Stream } from '@libp2p/interface'
import { generatePrivateKey } from 'viem/accounts'
import { expect, onTestFinished, test } from 'vitest'
import { hostPlatform } from './hostPlatform.ts'
import { createPeer } from './libp2p.ts'
import { HIGH_WATER_BYTES, inputOf, type StreamInput, sendOn } from './streamInput.ts'
import { soon } from './testNetwork.ts'

// Two real peers on the loopback and one stream between them, without frames: what is read and what is held back.

const PROTOCOL = '/tender/test/stream'
const MEBIBYTE = 1024 * 1024

async function startPeer() {
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const { peer } = await createPeer(hostPlatform(), { privateKey: generatePrivateKey(), listen, topics: [] })
  await peer.start()
  onTestFinished(async () => {
    await peer.stop()
  })
  return peer
}

/** A stream: what one peer writes, and what the other reads. */
async function connected(): Promise<{ output: Stream; input: StreamInput }> {
  const [writer, reader] = await Promise.all([startPeer(), startPeer()])
  const arrived = Promise.withResolvers<StreamInput>()
  await reader.handle(PROTOCOL, (stream) => arrived.resolve(inputOf(stream)))
  const output = await writer.dialProtocol(reader.getMultiaddrs(), PROTOCOL)
  // The other side hears of a stream with its first bytes.
  await sendOn(output, Uint8Array.of(0), soon())
  const input = await arrived.promise
  await input.take(1, soon())
  return { output, input }
}

/** Resolves once a number has stopped growing. */
async function settled(value: () => number): Promise<void> {
  let before = -1
  const still = () => {
    const same = value() === before
    before = value()
    return same
  }
  await expect.poll(still, { interval: 500, timeout: 60_000 }).toBe(true)
}

test('a writer is held back each time that its reader stops, and nothing is lost', async () => {
  const { output, input } = await connected()
  const sent = randomBytes(24 * MEBIBYTE)
  let at = 0
  const writing = (async () => {
    for (; at < sent.byteLength; at += 32 * 1024) await sendOn(output, sent.subarray(at, at + 32 * 1024), soon())
    await output.close()
  })()
  writing.catch(() => {})

  const received: Uint8Array[] = []
  let taken = 0
  const takeSome = async () => {
    const some = await input.takeSome(soon())
    if (some) received.push(some)
    taken += some?.byteLength ?? 0
    return some !== undefined
  }
  for (let stop = 0; stop < 3; stop++) {
    await settled(() => at)
    // What waits with the writer, on the way and here; a reader that takes nothing is owed no more than that.
    expect(at - taken).toBeLessThan(4 * MEBIBYTE)
    // Takes all that waits here, and then the first of what was held back: it comes while the stream is taken up again.
    const until = taken + 2 * HIGH_WATER_BYTES
    while (taken < until) await takeSome()
  }
  await settled(() => at)
  expect(at).toBeLessThan(sent.byteLength)

  while (await takeSome());
  await writing
  expect(Buffer.concat(received).equals(sent)).toBe(true)
})

test('what is wanted at once may be more than what is held back', async () => {
  const { output, input } = await connected()
  const sent = randomBytes(4 * MEBIBYTE)
  const writing = sendOn(output, sent, soon())
  expect(Buffer.from((await input.take(sent.byteLength, soon())) ?? []).equals(sent)).toBe(true)
  await writing
})
