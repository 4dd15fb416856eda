import type { Connection, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { z } from 'zod'
import { reachOf } from './addresses.ts'
import { delay } from './delay.ts'
import { BadFrameError, DeniedError } from './errors.ts'
import { closing } from './frames.ts'
import { closeOnceIdle } from './holePunch.ts'
import { peerIdOfPublicKey, publicKeyOfPeer } from './identity.ts'
import type { MarketLibp2p } from './libp2p.ts'
import type { NetworkNode } from './node.ts'
import type { PortedTcp } from './portedTcp.ts'
import { readAnswer, readFrame, withDeadline, writeAnswer } from './rpc.ts'
import { encodeWire } from './wire.ts'

// Two peers that are both behind routers, connected through a relay: each dials the other at the address that the relay sees it
// at, from the port of its own connection to the relay, both at once. Each router then takes the other's knock for an answer.
// libp2p's DCUtR has no such addresses for TCP, see docs/network.md.

const PURPOSE = 'punch'
const limits = { maxStreams: 32, maxPerCaller: 1, rate: { perSecond: 1, burst: 5 } }
const MAX_FRAME_BYTES = 1024
const TALK_TIMEOUT_MS = 10_000
const DIAL_TIMEOUT_MS = 4_000
/** DCUtR has until then: if one side is public, it needs no holes. */
const PATIENCE_MS = 3_000
const ATTEMPTS = 3

const addressSchema = z.string().max(128)
const pointSchema = z.strictObject({ relay: z.string().max(128), address: addressSchema })
const answerSchema = z.strictObject({ address: addressSchema })
const goSchema = z.strictObject({ go: z.literal(true) })

/** A port of this host, and how a relay sees it. */
type Point = { port: number; address: Multiaddr }

/** Punches holes towards peers that come through a relay, and answers those that want to, until the node stops. */
export async function servePunching(
  node: Pick<NetworkNode, 'open' | 'handle' | 'view' | 'connectionTo'>,
  peer: MarketLibp2p,
  ports: PortedTcp,
  stopping: AbortSignal,
): Promise<void> {
  const observed = new WeakMap<Connection, Multiaddr>()
  peer.addEventListener('peer:identify', ({ detail }) => {
    if (detail.observedAddr) observed.set(detail.connection, detail.observedAddr)
  })

  function pointAt(relay: PeerId): Point | undefined {
    for (const connection of peer.getConnections(relay)) {
      const [port, address] = [ports.portOf(connection), observed.get(connection)]
      if (port !== undefined && address && reachOf(address) === 'public') return { port, address }
    }
    return undefined
  }

  async function dial(from: Point, to: string, other: PeerId, responder: boolean): Promise<void> {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(DIAL_TIMEOUT_MS)])
    await ports.dialFrom(from.port, { address: publicTcp(to), peer: other, responder }, signal)
    for (const connection of peer.getConnections(other)) if (!connection.direct) void closeOnceIdle(connection)
  }

  async function punch(relayed: Connection): Promise<void> {
    await delay(PATIENCE_MS, stopping, { ref: false })
    const other = relayed.remotePeer
    const relay = relayOf(relayed.remoteAddr)
    const contact = { publicKey: publicKeyOfPeer(other), addresses: [] }
    for (let attempt = 0; attempt < ATTEMPTS && node.connectionTo(contact.publicKey) === 'relayed'; attempt++) {
      const mine = pointAt(relay)
      if (!mine) return
      try {
        const to = await withDeadline('the peer', TALK_TIMEOUT_MS, stopping, async (signal) => {
          const frames = await node.open(contact, PURPOSE, signal)
          return closing(frames, async () => {
            const startedMs = performance.now()
            await frames.write(encodeWire({ relay: relay.toString(), address: mine.address.toString() }), signal)
            const { address } = await readAnswer(frames, answerSchema, MAX_FRAME_BYTES, signal)
            const wayMs = (performance.now() - startedMs) / 2
            await frames.write(encodeWire({ go: true }), signal)
            await delay(wayMs, signal)
            return address
          })
        })
        await dial(mine, to, other, true)
        return
      } catch (error) {
        node.view.log('debug', 'no direct way to a peer', { peer: other.toString(), attempt, error })
      }
    }
  }

  peer.addEventListener('connection:open', ({ detail: connection }) => {
    if (connection.direction === 'inbound' && !connection.direct) void punch(connection).catch(() => {})
  })

  await node.handle(PURPOSE, limits, async (frames, caller, signal) => {
    const { mine, address } = await withDeadline('the peer', TALK_TIMEOUT_MS, signal, async (within) => {
      const asked = await readFrame(frames, pointSchema, MAX_FRAME_BYTES, within)
      const point = pointAt(peerIdFromString(asked.relay))
      if (!point) throw new DeniedError('noHole', 'that relay sees no port of this peer')
      publicTcp(asked.address)
      await writeAnswer(frames, answerSchema, { address: point.address.toString() }, within)
      await readFrame(frames, goSchema, MAX_FRAME_BYTES, within)
      return { mine: point, address: asked.address }
    })
    // The caller hears of it by the connection itself.
    await dial(mine, address, peerIdOfPublicKey(caller.publicKey), false).catch(() => {})
  })
}

/** Peers are not sent to knock on what only we reach. @throws {BadFrameError} */
function publicTcp(text: string): Multiaddr {
  try {
    const address = multiaddr(text)
    const [host, port, ...rest] = address.getComponents().filter(({ name }) => name !== 'p2p')
    const isIp = host?.name === 'ip4' || host?.name === 'ip6'
    if (isIp && port?.name === 'tcp' && rest.length === 0 && reachOf(address) === 'public') {
      return multiaddr(`/${host.name}/${host.value}/tcp/${port.value}`)
    }
  } catch {
    // said below
  }
  throw new BadFrameError('not a public TCP address')
}

/** Whose relay a relayed connection came through. */
function relayOf(address: Multiaddr): PeerId {
  const [through] = address.toString().split('/p2p-circuit')
  return peerIdFromString(through?.split('/p2p/').at(-1) ?? '')
}
