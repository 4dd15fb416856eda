import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Dialable } from '@tender/protocol'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NatHost, type NatNetwork, natNetworkMissing, startNatNetwork } from './support/natNetwork.ts'
import type { PeerCommand, PeerSetup } from './support/peer.ts'

// Peers in a small internet of their own: who is behind a router is reached through a relay, and directly where that can be.

const missing = await natNetworkMissing()
if (missing) console.warn(`skipped: ${missing}`)

const script = fileURLToPath(new URL('./support/peer.ts', import.meta.url))
const agentKey = generatePrivateKey()
const agent = privateKeyToAccount(agentKey).address
const anywhere = ['/ip4/0.0.0.0/tcp/0']

type Peer = { contact: Dialable; ask(command: PeerCommand): Promise<unknown>; kill(): void }

async function startPeer(host: NatHost, setup: PeerSetup): Promise<Peer> {
  const child = host.spawn(process.execPath, [script, JSON.stringify(setup)])
  const errors: string[] = []
  child.stderr?.on('data', (text) => errors.push(String(text)))
  if (!child.stdout) throw new Error('no output')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the peer ended:\n${errors.join('')}`)
    return JSON.parse(value)
  }
  const contact = await next()
  return {
    contact,
    ask(command) {
      child.stdin?.write(`${JSON.stringify(command)}\n`)
      return next()
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

let network: NatNetwork
let relayHost: NatHost
let providerHost: NatHost
let agentAtHome: NatHost
let agentFarAway: NatHost
let agentInPublic: NatHost

beforeAll(async () => {
  if (missing) return
  network = await startNatNetwork()
  relayHost = await network.addHost('relay')
  providerHost = await (await network.addRouter('router1')).addHost('provider')
  agentAtHome = await (await network.addRouter('router2')).addHost('agent')
  agentFarAway = await (await network.addRouter('router3', { symmetric: true })).addHost('far')
  agentInPublic = await network.addHost('public')
})
afterAll(() => network?.close())

async function startBoth(): Promise<{ relay: Peer; provider: Peer }> {
  const listen = [`/ip4/${relayHost.address}/tcp/0`]
  const relay = await startPeer(relayHost, { privateKey: generatePrivateKey(), listen, relay: true })
  const relays = relay.contact.addresses
  const provider = await startPeer(providerHost, { privateKey: generatePrivateKey(), listen: anywhere, relays, agent })
  return { relay, provider }
}

test.skipIf(missing)('behind one router a provider is reached from behind another, and a hole is punched', async () => {
  const { relay, provider } = await startBoth()
  const tenant = await startPeer(agentAtHome, { privateKey: agentKey, listen: anywhere })
  const to = provider.contact
  expect(await tenant.ask({ do: 'hold', words: 'relayed', to })).toBe('relayed')
  await expect.poll(() => tenant.ask({ do: 'connectionTo', to })).toBe('direct')
  expect(await tenant.ask({ do: 'hold', words: 'still there', to })).toBe('still there')
  await tenant.ask({ do: 'drop' })
  relay.kill()
  expect(await tenant.ask({ do: 'say', words: 'direct', to })).toBe('direct')
  await expect.poll(() => provider.ask({ do: 'connectionTo', to: relay.contact })).toBeNull()
  expect(await provider.ask({ do: 'gossip' })).toBe('ready')
  for (const peer of [provider, tenant]) peer.kill()
})

test.skipIf(missing)('behind a router whose ports nobody can tell, it stays with the relay', async () => {
  const { relay, provider } = await startBoth()
  const tenant = await startPeer(agentFarAway, { privateKey: agentKey, listen: anywhere })
  expect(provider.contact.addresses.at(-1)).toContain(`${relay.contact.addresses[0]}/p2p-circuit/`)
  const to = provider.contact
  expect(await tenant.ask({ do: 'say', words: 'hello', to })).toBe('hello')
  expect(await tenant.ask({ do: 'connectionTo', to })).toBe('relayed')
  relay.kill()
  await expect.poll(() => tenant.ask({ do: 'connectionTo', to })).toBeNull()
  expect(await tenant.ask({ do: 'say', words: 'hello', to })).toMatchObject({ failed: expect.any(String) })
  for (const peer of [provider, tenant]) peer.kill()
})

test.skipIf(missing)(
  'towards a tenant in public the provider connects directly, and nothing that runs breaks',
  async () => {
    const { relay, provider } = await startBoth()
    const listen = [`/ip4/${agentInPublic.address}/tcp/0`]
    const tenant = await startPeer(agentInPublic, { privateKey: agentKey, listen })
    const to = provider.contact
    expect(await tenant.ask({ do: 'hold', words: 'relayed', to })).toBe('relayed')
    await expect.poll(() => tenant.ask({ do: 'connectionTo', to })).toBe('direct')
    expect(await tenant.ask({ do: 'hold', words: 'still there', to })).toBe('still there')
    await tenant.ask({ do: 'drop' })
    relay.kill()
    expect(await tenant.ask({ do: 'say', words: 'direct', to })).toBe('direct')
    for (const peer of [provider, tenant]) peer.kill()
  },
)
