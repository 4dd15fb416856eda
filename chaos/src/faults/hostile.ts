import { topicNames } from '@tender/network/testParsers'
import { createStranger } from '@tender/network/testStranger'
import type { Fault } from '../fault.ts'
import type { Random } from '../random.ts'
import { gossipFrames } from './hostileFrames.ts'
import { type GossipPlace, gossip, messageNames } from './hostileGossip.ts'
import { crowd, type Met, type Speech, say, speeches } from './hostileStreams.ts'
import { inRounds } from './inRounds.ts'

/** Who passes on nonsense is soon not listened to: then another comes, with another key. */
const ROUNDS_OF_ONE = 6
const MEET_MS = 5_000
const STREAMS_AT_ONCE = 3
/** Of talks so many are crowds. */
const CROWDS = 0.1
const MOST_HEARD = 20

/**
 * A peer with a key of its own joins the market's gossip, dials one that is there, and says what makes no sense: messages that are
 * malformed, too large, replayed, signed by nobody or by another, and on streams of all protocols that the other side speaks
 * noise, lengths beyond all bounds, drips, and silence, many at once. It sends no more than a few MiB a second.
 */
export const hostile: Fault = {
  name: 'hostile',
  hits: ['relay', 'provider', 'monitor', 'gateway'],
  async inject({ chainId, book, asset }, random, signal, { peer }) {
    const market = { chainId, orderBook: book.contracts.orderBook }
    const place = { market, asset: asset.address }
    return inRounds(signal, async (ended) => {
      if (peer !== undefined) await visit(peer, place, random, ended)
    })
  },
}

/** One stranger's visit, until nobody listens to it any more. Never rejects. */
async function visit(address: string, place: GossipPlace, random: Random, ended: AbortSignal): Promise<void> {
  const stranger = await createStranger(place.market)
  try {
    const within = AbortSignal.any([ended, AbortSignal.timeout(MEET_MS)])
    const met = await stranger.meet([address], within)
    const protocols = await met.protocols(within)
    const heard: Uint8Array[] = []
    stranger.peer.services.pubsub.addEventListener('message', ({ detail }) => {
      if (heard.push(detail.data) > MOST_HEARD) heard.shift()
    })
    for (let round = 0; round < ROUNDS_OF_ONE && !ended.aborted; round++) {
      const what = random.pick(messageNames)
      const talks = Array.from({ length: STREAMS_AT_ONCE }, () =>
        talkOn(met, random.pick(protocols), place, random, ended),
      )
      await Promise.all([...talks, gossip(stranger, { what, place, random, heard }, ended)])
    }
  } catch {
    // Whom it visits is down, or cut off, or has had enough of it.
  } finally {
    await stranger.stop().catch(() => {})
  }
}

function talkOn(met: Met, protocol: string, { market }: GossipPlace, random: Random, ended: AbortSignal) {
  if (random.chance(CROWDS)) return crowd(met, protocol, ended)
  const [topic = ''] = topicNames(market)
  const ofGossip = (): Speech => ({ pieces: [random.pick(Object.values(gossipFrames))(topic, random)], last: 'end' })
  const isGossip = protocol.startsWith('/meshsub/') && random.chance(0.7)
  return say(met, protocol, isGossip ? ofGossip() : random.pick(Object.values(speeches))(random), ended)
}
