import {
  type LeaseObservations,
  type NetworkNode,
  sendRating,
  serveBatchHeaders,
  serveLeaves,
  serveObservations,
  serveParts,
  servePings,
  serveProposals,
  serveRatings,
  serveSuspicions,
} from '@tender/network'
import type { SignedRating } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Agreement } from '../eras/agreement.ts'
import type { BatchBook } from '../eras/batchBook.ts'
import type { Parts } from '../eras/parts.ts'
import { type ReportLibrary, unknownEra } from '../eras/reportLibrary.ts'
import type { ChainView } from '../facts/chainView.ts'
import { lowerCase } from '../facts/lowerCase.ts'
import type { EndVanished } from '../vanish/endVanished.ts'
import type { Watcher } from '../watcher.ts'
import { createProofs } from './proofs.ts'
import type { Ratings } from './ratings.ts'

export type ServeOptions = {
  node: NetworkNode
  chain: Pick<ChainView, 'members' | 'next' | 'time'>
  agreement: Pick<Agreement, 'take' | 'judge'>
  batches: Pick<BatchBook, 'own'>
  parts: Pick<Parts, 'pieces'>
  reports: ReportLibrary
  ratings: Ratings
  vanished: Pick<EndVanished, 'judge'>
  watcher: Pick<Watcher, 'evidence'>
}

/** Answers monitors, and whoever wants to see what they agreed on and why. */
export async function servePeers(options: ServeOptions): Promise<void> {
  const { node, chain, agreement, parts, reports, vanished } = options
  const isMonitor = async (address: Hex) => chain.members().some(({ monitor }) => monitor === lowerCase(address))
  await servePings(node)
  await serveParts(node, (hash) => parts.pieces(hash))
  await serveBatchHeaders(node, { isMonitor, keep: async (header) => agreement.take(header) })
  await serveProposals(node, {
    isMonitor,
    judge: (proposal, { address }, signal) => agreement.judge(proposal, address, signal),
  })
  await serveSuspicions(node, { isMonitor, judge: (end, _caller, signal) => vanished.judge(end, signal) })
  await serveLeaves(node, createProofs(reports, chain))
  await serveObservations(node, async (request) => observationsOf(options, request))
  await serveRatings(node, (rating, _caller, signal) => takeRating(options, rating, signal))
}

/** Unless most of the monitors tell it, a rating does not count: whoever hears of it tells the others. */
async function takeRating({ node, chain, ratings }: ServeOptions, rating: SignedRating, signal: AbortSignal) {
  if (!ratings.keep(rating)) return
  const others = chain
    .members()
    .flatMap(({ monitor, contact }) => (contact && monitor !== lowerCase(node.address) ? [contact] : []))
  await Promise.allSettled(others.map((contact) => sendRating(node, contact, rating, signal)))
}

function observationsOf(
  { batches, watcher }: ServeOptions,
  { lease, era }: { lease: Hex; era: bigint },
): LeaseObservations {
  const own = batches.own(era)
  if (!own) throw unknownEra(era)
  const { until: _, ...batch } = own
  return { batch, seen: watcher.evidence(era, lease) }
}
