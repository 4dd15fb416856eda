import { callPeer, createNetworkNode, defineRequest, servePeers, verifyKeySignature } from '@tender/network'
import { topicNames } from '@tender/network/testParsers'
import { createStranger } from '@tender/network/testStranger'
import { zeroAddress } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { randomOf } from '../random.ts'
import type { World, WorldProcess } from '../world/world.ts'
import { hostile } from './hostile.ts'
import { gossipFrames } from './hostileFrames.ts'
import { gossip, messageNames } from './hostileGossip.ts'
import { crowd, type Speech, say, speeches } from './hostileStreams.ts'

const market = { chainId: 31_337, orderBook: zeroAddress }
const place = { market, asset: zeroAddress }
const soon = () => AbortSignal.timeout(60_000)
const random = randomOf(7)

const echo = defineRequest({
  name: 'echo',
  request: z.strictObject({ words: z.string() }),
  response: z.string(),
  ...{ maxRequestBytes: 70_000, maxResponseBytes: 1000, timeoutMs: 30_000 },
  limits: { maxStreams: 2000, maxPerCaller: 500, rate: { perSecond: 1000, burst: 1000 } },
})

async function startNode() {
  const node = await createNetworkNode({
    ...{ privateKey: generatePrivateKey(), listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [], market },
    ...{ verifySignature: verifyKeySignature, providerOf: async () => undefined, log: () => {} },
    nowSeconds: () => Math.floor(Date.now() / 1000),
  })
  await node.start()
  onTestFinished(() => node.stop())
  return node
}

async function startVictim() {
  const victim = await startNode()
  await servePeers(victim, echo, async ({ words }) => words)
  const friend = await startNode()
  const isWell = async () =>
    expect(await callPeer(friend, victim.contact(), echo, { words: 'hello' }, soon())).toBe('hello')
  await isWell()
  return { victim, isWell }
}

async function meet(addresses: readonly string[]) {
  const stranger = await createStranger(market)
  onTestFinished(() => stranger.stop())
  return { stranger, met: await stranger.meet(addresses, soon()) }
}

test('nonsense on streams and in frames of gossip is refused, and others are served meanwhile', async () => {
  const { victim, isWell } = await startVictim()
  const { met } = await meet(victim.addresses())
  const protocol = (await met.protocols(soon())).find((name) => name.endsWith('/echo')) ?? ''
  const over = new AbortController()
  const said = Object.values(speeches).map((speech) => say(met, protocol, speech(random), over.signal))
  const frames = Object.values(gossipFrames).map((frame): Speech => {
    return { pieces: [frame(topicNames(market)[0] ?? '', random)], last: 'end' }
  })
  const gossiped = frames.map((speech) => say(met, '/meshsub/1.1.0', speech, over.signal))
  await isWell()
  const refused = () => Object.fromEntries(victim.counts().refused)
  const some = { network: expect.any(Number), user: expect.any(Number) }
  await expect.poll(refused, { timeout: 30_000 }).toMatchObject(some)
  const crowded = crowd(met, protocol, over.signal)
  await expect.poll(() => victim.counts().streams, { timeout: 30_000 }).toBeGreaterThan(90)
  await isWell()
  over.abort()
  await Promise.all([...said, ...gossiped, crowded])
  await isWell()
})

test('each kind of gossip is said by who proves to be somebody, and orders of nobody are heard', async () => {
  const { victim, isWell } = await startVictim()
  for (const what of messageNames) {
    const { stranger } = await meet(victim.addresses())
    await gossip(stranger, { what, place, random, heard: [Buffer.from('heard')] }, soon())
  }
  const heard = () => victim.counts().gossip
  await expect.poll(() => heard()[0]?.accepted, { timeout: 30_000 }).toBeGreaterThan(10)
  expect(heard()[0]?.refused).toBeGreaterThan(5)
  expect(heard().every(({ refused }) => refused > 0)).toBe(true)
  await isWell()
})

test('a hostile peer comes again with other keys until it is undone', async () => {
  const { victim, isWell } = await startVictim()
  const [peer] = victim.addresses()
  const over = new AbortController()
  // CAST: the fault looks at no more of a world and of a process
  const world = { chainId: 31_337, book: { contracts: { orderBook: zeroAddress } }, asset: { address: zeroAddress } }
  const undo = await hostile.inject(world as never as World, randomOf(7), over.signal, { peer } as WorldProcess)
  await expect.poll(() => victim.counts().connections.direct, { timeout: 30_000 }).toBeGreaterThan(1)
  await undo()
  await expect.poll(() => victim.counts().connections.direct, { timeout: 30_000 }).toBe(1)
  await isWell()
})
