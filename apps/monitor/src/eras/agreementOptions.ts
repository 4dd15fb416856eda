import type { SignedBatchHeader } from '@tender/network'
import type { BatchHeader, Report } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import type { EraSpan, EraTiming, ReportBasis } from '../facts/chainFacts.ts'
import type { BatchBook } from './batchBook.ts'
import type { Parts } from './parts.ts'
import type { ChainPort, ComputePort, PeersPort } from './ports.ts'
import { leaderOrder, type Pace } from './schedule.ts'
import type { SignatureBook } from './signatureBook.ts'

export type AgreementLog = (level: 'debug' | 'info' | 'warn', message: string, fields?: Record<string, unknown>) => void

export type AgreementOptions = {
  me: Address
  /** The contract that reports are for. */
  reports: Address
  timing: EraTiming
  pace: Pace
  /** For how many eras batches are kept. */
  keepEras: bigint
  chain: ChainPort
  peers: PeersPort
  compute: ComputePort
  batches: BatchBook
  signatures: SignatureBook
  parts: Parts
  signHeader(header: BatchHeader): Promise<Hex>
  /** Whether the monitor that a header names signed it. */
  isSigned(header: SignedBatchHeader): Promise<boolean>
  isReportSigned(report: Report, signature: Hex, monitor: Address): Promise<boolean>
  /** Told of every signature of a report that is seen, once it is checked. */
  onSigned(report: Report, signature: Hex, monitor: Address): void
  /** Ends what goes on after its request was answered. */
  signal: AbortSignal
  log: AgreementLog
}

/** A report that can be agreed on now. */
export type Stage = {
  span: EraSpan
  attempt: number
  basis: ReportBasis
  /** The leaders, over and over again. */
  order: readonly Address[]
}

/** What is to be agreed on if the era ended at `until`; `undefined` while the chain has no block after it. */
export async function stageOf({ chain }: Pick<AgreementOptions, 'chain'>, until: number): Promise<Stage | undefined> {
  const { era, attempt, after: from } = chain.next()
  const span = { era, from, until }
  const basis = until > from ? await chain.basis(span) : undefined
  if (!basis) return undefined
  const order = leaderOrder(basis.signers, { blockHash: basis.facts.block.hash, attempt })
  return { span, attempt, basis, order }
}

/** In small letters. */
export function leaderOf({ order }: Pick<Stage, 'order'>, round: number): Address | undefined {
  return order[round % order.length]
}
