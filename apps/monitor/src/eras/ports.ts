import type { Consent, Proposal, SignedBatchHeader } from '@tender/network'
import type { EraMonitor, Report } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import type { EraSpan, ReportBasis } from '../facts/chainFacts.ts'
import type { NextReport } from '../facts/nextReport.ts'

/** A monitor whose weight counts now. `index` is its place in the contract's list. */
export type Signer = EraMonitor & { index: number }

/** What an agreement asks the chain. All of one chain, up to `time`. */
export type ChainPort = {
  /** Of the newest block; 0 until there is one. */
  time(): number
  /** The chain's clock now, between blocks too: by it rounds are counted. */
  nowSeconds(): number
  next(): NextReport
  /** `undefined` until the era is over. May reject while the chain cannot be asked. */
  basis(span: EraSpan): Promise<ReportBasis | undefined>
  /** Who may sign what is posted now. */
  signers(): readonly Signer[]
  post(report: Report, signatures: readonly { index: number; signature: Hex }[]): Promise<void>
}

/** What it asks other monitors. Each rejects where the other does not answer. */
export type PeersPort = {
  sendHeader(to: Address, header: SignedBatchHeader, signal: AbortSignal): Promise<void>
  /** Resolves only with what the hash says. */
  askPart(from: Address, hash: Hex, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>
  propose(to: Address, proposal: Proposal, timeoutMs: number, signal: AbortSignal): Promise<Consent>
}

/** What a set of batches makes of an era. */
export type Draft = { root: Hex; dataHash: Hex }

/** The pure part, and where its data lies. */
export type ComputePort = {
  /** This monitor's batch of an era up to `until`, as bytes that are kept as a part. */
  observe(span: EraSpan): Promise<Uint8Array>
  /**
   * Computes the report of an era and keeps its data. All batches that count are parts already.
   *
   * @param batches of the era, and of eras whose recount is asked for
   * @throws {TenderError} `unknownPart`: nobody has what the era before left, or what a recount needs
   */
  draft(basis: ReportBasis, attempt: number, batches: readonly SignedBatchHeader[], signal: AbortSignal): Promise<Draft>
  /** Whose batches of an earlier era count, in small letters. */
  monitorsOf(era: bigint, signal: AbortSignal): Promise<ReadonlySet<Address>>
  /** Whether it is a batch of that era and monitor; what is none is as if it had not been sent. */
  isBatch(bytes: Uint8Array, header: SignedBatchHeader['header']): boolean
}
