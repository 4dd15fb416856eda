import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { PassThrough } from 'node:stream'
import { createNetworkNode, type NetworkNode, openTunnel, serveTunnels, verifyKeySignature } from '@tender/network'
import type { Dialable } from '@tender/protocol'
import type { Address, Hex } from 'viem'

// A peer in a process of its own, wherever a test runs it. Its only argument says what it is, as JSON. Each line of its output
// is an answer, as JSON: first its contact, once it holds its places, then one to each command, which are lines of its input.

export type PeerSetup = {
  privateKey: Hex
  listen: readonly string[]
  relays?: readonly string[]
  /** Serves others as a relay. */
  relay?: boolean
  /** Whose tunnels it sends everything back through. */
  agent?: Address
}

/**
 * `say`: words through a new tunnel, answered with what came back. `hold`: the same through one that stays open, always the same.
 * `drop` ends that. `connectionTo` is answered with `direct`, `relayed` or nothing, `gossip` once there is somebody to gossip with.
 */
export type PeerCommand =
  | { do: 'say' | 'hold'; words: string; to: Dialable }
  | { do: 'drop' }
  | { do: 'connectionTo'; to: Dialable }
  | { do: 'gossip' }

const lease = `0x${'11'.repeat(32)}` as const
const TIMEOUT_MS = 30_000

async function main(setup: PeerSetup): Promise<void> {
  const node = await startPeer(setup)
  console.log(JSON.stringify(node.contact()))
  let held: Duplex | undefined
  const open = async (to: Dialable) => {
    const target = { lease, service: 'web', port: 80 }
    const tunnel = await openTunnel(node, to, target, AbortSignal.timeout(10 * TIMEOUT_MS))
    return tunnel.on('error', () => {}) // who waits for an answer is told
  }

  async function echo(tunnel: Duplex, words: string): Promise<string> {
    tunnel.write(words)
    const [data] = await once(tunnel, 'data', { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return String(data)
  }

  async function answer(command: PeerCommand): Promise<string | undefined> {
    if (command.do === 'connectionTo') return node.connectionTo(command.to.publicKey)
    if (command.do === 'gossip') {
      await node.orders.ready({ signal: AbortSignal.timeout(TIMEOUT_MS) })
      return 'ready'
    }
    if (command.do === 'drop') return void held?.destroy()
    if (command.do === 'hold') {
      held ??= await open(command.to)
      return echo(held, command.words)
    }
    const tunnel = await open(command.to)
    const heard = await echo(tunnel, command.words)
    tunnel.end()
    return heard
  }

  for await (const line of createInterface({ input: process.stdin })) {
    // CAST: a test wrote it
    const command = JSON.parse(line) as PeerCommand
    const said = await answer(command).catch((error) => ({ failed: String(error) }))
    console.log(JSON.stringify(said ?? null))
  }
}

async function startPeer({ privateKey, listen, relays = [], relay, agent }: PeerSetup): Promise<NetworkNode> {
  const node = await createNetworkNode({
    privateKey,
    listen,
    bootstrap: [],
    relays,
    ...(relay && { relay: {} }),
    market: { chainId: 1, orderBook: `0x${'01'.repeat(20)}` },
    verifySignature: verifyKeySignature,
    providerOf: async () => 1n,
    nowSeconds: () => 0,
    log: (level, message, fields) => console.error(level, message, fields),
  })
  await serveTunnels(node, {
    find: async () => agent && { tenant: agent, agent, manifest: lease },
    remember: async () => {},
    connect: async () => new PassThrough(),
  })
  await node.start()
  const { promise, resolve } = Promise.withResolvers<void>()
  const check = () => node.relays().every(({ reserved }) => reserved) && resolve()
  node.onRelayChange(check)
  check()
  await promise
  return node
}

// CAST: a test wrote it
await main(JSON.parse(process.argv[2] ?? '') as PeerSetup)
