import { type Duplex, PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { RELAY_V2_STOP_CODEC } from '@libp2p/circuit-relay-v2'
import { multiaddr } from '@multiformats/multiaddr'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { addressesToTell } from './addresses.ts'
import type { NetworkNode } from './node.ts'
import { openTunnel, serveTunnels } from './protocols/tunnel.ts'
import {
  bookOf,
  createTestNode,
  hasPlaces,
  registry,
  soon,
  startHidden,
  startNode,
  startStranger,
} from './testNetwork.ts'

const lease: Hex = `0x${'33'.repeat(32)}`

/** A tunnel's target that sends back what it gets. */
const echo = async (): Promise<Duplex> => new PassThrough()

async function say(agent: NetworkNode, provider: NetworkNode, words: string): Promise<string> {
  const tunnel = await openTunnel(agent, provider.contact(), { lease, service: 'web', port: 80 }, soon())
  tunnel.end(words)
  return text(tunnel)
}

/** The same node at the same port, after it was stopped. */
const again = (node: { privateKey: Hex; addresses(): string[] }, addresses: readonly string[]) =>
  startNode({
    privateKey: node.privateKey,
    listen: addresses.map((address) => address.replace(/\/p2p\/.*/, '')),
    relay: {},
  })

test('who listens nowhere is reached through a relay', async () => {
  const relay = await startNode({ relay: {} })
  const [provider, agent] = [await startHidden(61n, relay), await startNode()]
  await serveTunnels(provider, { ...bookOf(agent, lease), connect: echo })
  expect(provider.contact().addresses).toEqual([`${relay.addresses()[0]}/p2p-circuit/p2p/${provider.peerId}`])
  expect(await say(agent, provider, 'over the relay')).toBe('over the relay')
  expect(relay.relayServes(provider.publicKey)).toBe(true)
  expect(relay.relayServes(agent.publicKey)).toBe(false)
})

test('a place is for registered providers; a guest gets one only where guests are welcome, and only so many', async () => {
  const strict = await startNode({ relay: {} })
  const open = await startNode({ relay: { guestPlaces: 1 } })
  const tenant = await startNode({ relays: [...strict.addresses(), ...open.addresses()] })
  await expect.poll(() => tenant.relays().map(({ reserved }) => reserved)).toEqual([false, true])
  const late = await startNode({ relays: open.addresses() })
  const provider = await startHidden(62n, open)
  expect(late.relays().map(({ reserved }) => reserved)).toEqual([false])
  expect(open.relayServes(provider.publicKey)).toBe(true)
  expect(strict.relayServes(tenant.publicKey)).toBe(false)
})

test('a relay with several addresses is one relay, dialled at one after the other and told by all', async () => {
  const [relay, other] = [await startNode({ relay: {} }), await startNode({ relay: {} })]
  const [address = ''] = relay.addresses()
  // Nobody listens at the discard port.
  const dead = address.replace(/tcp\/\d+/, 'tcp/9')
  const provider = await createTestNode({ listen: [], relays: [dead, address, ...other.addresses()] })
  registry.set(provider.address, 69n)
  await provider.start()
  await hasPlaces(provider)
  expect(provider.relays()).toMatchObject([{ peer: { addresses: [dead, address] } }, { peer: other.contact() }])
  const through = [dead, ...other.addresses(), address].map((way) => `${way}/p2p-circuit/p2p/${provider.peerId}`)
  expect(provider.contact().addresses).toEqual(through)
  const agent = await startNode()
  await agent.dial(provider.contact(), soon())
  expect(agent.connectionTo(provider.publicKey)).toBe('relayed')
})

test('a lost relay is left out of the addresses, and its place is taken again once it is back', async () => {
  const relay = await startNode({ relay: {} })
  const addresses = relay.addresses()
  const [provider, agent] = [await startHidden(63n, relay), await startNode()]
  await serveTunnels(provider, { ...bookOf(agent, lease), connect: echo })
  let changes = 0
  provider.onRelayChange(() => changes++)
  await relay.stop()
  await expect.poll(() => provider.contact().addresses).toEqual([])
  const back = await again(relay, addresses)
  await hasPlaces(provider)
  expect(changes).toBe(2)
  expect(back.relayServes(provider.publicKey)).toBe(true)
  expect(await say(agent, provider, 'back')).toBe('back')
})

test('a provider that starts anew while the relay still knows its place is reached again', async () => {
  const relay = await startNode({ relay: {} })
  const first = await startHidden(64n, relay)
  await first.stop()
  const provider = await startNode({ privateKey: first.privateKey, listen: [], relays: relay.addresses() })
  await hasPlaces(provider)
  const agent = await startNode()
  await serveTunnels(provider, { ...bookOf(agent, lease), connect: echo })
  expect(await say(agent, provider, 'again')).toBe('again')
})

test('a relay that is no relay yet is asked until it is one', async () => {
  const plain = await startNode()
  const addresses = plain.addresses()
  const provider = await startNode({ relays: addresses, listen: [] })
  registry.set(provider.address, 65n)
  await expect.poll(() => provider.relays()).toMatchObject([{ reserved: false }])
  await plain.stop()
  await again(plain, addresses)
  await hasPlaces(provider)
})

test('one caller has so many relayed connections at once', async () => {
  const relay = await startNode({ relay: { maxPerCaller: 1 } })
  const [one, other] = [await startHidden(67n, relay), await startHidden(68n, relay)]
  const agent = await startNode()
  await agent.dial(one.contact(), soon())
  await expect(agent.dial(other.contact(), soon())).rejects.toMatchObject({ code: 'peerUnreachable' })
  await (await startNode()).dial(other.contact(), soon())
})

test('a stranger cannot make itself our relay', async () => {
  const node = await startNode()
  const stranger = await startStranger(node)
  const before = node.contact()
  const [connection] = stranger.peer.getConnections()
  const stream = await connection?.newStream(RELAY_V2_STOP_CODEC, { signal: soon() })
  await expect.poll(() => stream?.status).toBe('reset')
  expect(node.contact()).toEqual(before)
  expect(node.relays()).toEqual([])
})

test('an address that is announced is told first, as are those of a peer that listens in public', async () => {
  const announced = '/ip4/8.8.4.4/tcp/4100'
  const node = await startNode({ announce: [announced], listen: ['/ip4/0.0.0.0/tcp/0'] })
  expect(node.contact().addresses[0]).toBe(`${announced}/p2p/${node.peerId}`)
  await expect(startNode({ announce: ['8.8.4.4:4100'] })).rejects.toMatchObject({ code: 'invalidInput' })
})

test('what is told: public addresses first, relays always, loopback only if there is nothing else, eight in all', () => {
  const at = (host: string) => multiaddr(`/ip4/${host}/tcp/4100`)
  const lan = Array.from({ length: 12 }, (_, n) => at(`192.168.1.${n}`))
  const relays = Array.from({ length: 6 }, (_, n) => multiaddr(`/ip4/8.8.8.${n}/tcp/1/p2p-circuit`))
  expect(addressesToTell([at('127.0.0.1'), ...lan, at('8.1.1.1')], relays)).toEqual([
    at('8.1.1.1'),
    ...lan.slice(0, 3),
    ...relays.slice(0, 4),
  ])
  expect(addressesToTell([at('127.0.0.1')], [])).toEqual([at('127.0.0.1')])
  expect(addressesToTell([at('127.0.0.1')], relays.slice(0, 1))).toEqual(relays.slice(0, 1))
})
