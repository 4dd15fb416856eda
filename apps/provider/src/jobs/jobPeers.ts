import type { BlockMeter, BlockSource } from '@tender/content'
import { askBlocks, askVerdict, type NetworkNode } from '@tender/network'
import { type Dialable, leaseId as leaseIdOf, TenderError, type Terms } from '@tender/protocol'
import { findJobEvents, getMonitors, type MarketClient } from '@tender/sdk'
import { type Address, getAddress, type Hex } from 'viem'
import type { JointVerdict } from './jobMarket.ts'

/** What a provider needs of others for its jobs. */
export type JobPeers = {
  /** Gives blocks of bundles. */
  sourceAt(peer: Dialable): BlockSource
  /** Asks a job's validators for the verdicts that they signed for `seed`. @throws {TenderError} `noMajority` */
  verdicts(terms: Terms, seed: Hex, signal: AbortSignal): Promise<JointVerdict>
}

/** {@link JobPeers} over the network. */
export function createJobPeers(client: MarketClient, node: NetworkNode, meter: Pick<BlockMeter, 'fetching'>): JobPeers {
  const { jobs } = client.book.contracts

  async function ask(monitor: Dialable & { key: Address }, lease: Hex, seed: Hex, signal: AbortSignal) {
    try {
      const { passed, signature } = await askVerdict(node, monitor, { jobs, lease, seed }, signal)
      return [{ passed, validator: monitor.key, signature }]
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof TenderError) return [] // it is away, or has not judged yet
      throw error
    }
  }

  return {
    sourceAt: (peer) => meter.fetching({ blocks: (cids, signal) => askBlocks(node, peer, cids, signal) }),
    async verdicts(terms, seed, signal) {
      const lease = leaseIdOf(terms)
      const [events, monitors] = await Promise.all([findJobEvents(client, { lease }), getMonitors(client)])
      const drawn = events.flatMap((event) => (event.type === 'JobDrawn' ? [event.args.validators] : [])).at(-1) ?? []
      const validators = new Set(drawn.map((key) => getAddress(key)))
      const asked = monitors.filter(({ key, addresses }) => validators.has(getAddress(key)) && addresses.length > 0)
      const answers = (await Promise.all(asked.map((monitor) => ask(monitor, lease, seed, signal)))).flat()
      for (const passed of [true, false]) {
        const signatures = answers.filter((answer) => answer.passed === passed)
        if (2 * signatures.length > drawn.length) return { passed, signatures }
      }
      throw new TenderError(
        `${answers.length} of ${drawn.length} validators gave a verdict, and no majority the same`,
        {
          code: 'noMajority',
          class: 'network',
        },
      )
    },
  }
}
