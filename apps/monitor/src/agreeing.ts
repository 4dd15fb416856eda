import { verifyKeySignature } from '@tender/network'
import { createDraw, encodeBatch, marketDomain, messageHash, type Report, TenderError } from '@tender/protocol'
import { ContractError, postReport, signBatchHeader, signReport } from '@tender/sdk'
import { concatHex, type Hex, hexToBytes, zeroHash } from 'viem'
import type { Core } from './core.ts'
import { type Agreement, createAgreement } from './eras/agreement.ts'
import { type BatchBook, openBatchBook } from './eras/batchBook.ts'
import { createDrafts } from './eras/drafts.ts'
import { createLibrary, type Library } from './eras/library.ts'
import { openSignatureBook, type SignatureBook } from './eras/signatureBook.ts'
import { createWitness, type Witness } from './eras/witness.ts'
import type { EraSpan, ReportBasis } from './facts/chainFacts.ts'
import { lowerCase } from './facts/lowerCase.ts'
import type { Ratings } from './serve/ratings.ts'
import type { Watcher } from './watcher.ts'

/** The agreeing half of a monitor. */
export type Agreeing = {
  agreement: Agreement
  batches: BatchBook
  signatures: SignatureBook
  library: Library
  witness: Witness
  /** Reports that it posted so far. */
  posted(): number
}

/** @param signal ends what it does by itself */
export function createAgreeing(core: Core, watcher: Watcher, ratings: Ratings, signal: AbortSignal): Agreeing {
  const { account, client, store, parts, timing, chain, peers, config, log } = core
  const reports = client.book.contracts.eraReports
  const me = account.address
  let posted = 0
  const batches = openBatchBook(store)
  const signatures = openSignatureBook(store, async (report) => (await signReport(client, { report })).signature)
  const others = () => chain.members().flatMap(({ monitor }) => (monitor === lowerCase(me) ? [] : [monitor]))
  const { chainId, contracts } = config.book
  const domain = marketDomain({ chainId, orderBook: contracts.orderBook })
  const library = createLibrary({ domain, reports, parts, others, askPart: peers.askPart, next: chain.next })
  const witness = createWitness({ client, domain, store, next: chain.next, log })
  const agreement = createAgreement({
    me,
    reports,
    timing,
    pace: config.era,
    keepEras: BigInt(config.era.keepEras),
    batches,
    signatures,
    parts,
    peers,
    chain: {
      ...chain,
      signers: () => chain.members().filter(({ weight }) => weight > 0),
      async post(report, signed) {
        if (await post(core, report, signed)) posted += 1
      },
    },
    compute: {
      ...createDrafts({ reports, library, parts }),
      observe: (span) => observe(core, watcher, ratings, span),
    },
    signHeader: async (header) => (await signBatchHeader(client, { header })).signature,
    isSigned: ({ header, signature }) =>
      verifyKeySignature({ signer: header.monitor, digest: messageHash(domain, 'BatchHeader', header), signature }),
    isReportSigned: (report, signature, monitor) =>
      verifyKeySignature({ signer: monitor, digest: messageHash(domain, 'Report', report), signature }),
    onSigned: witness.see,
    signal,
    log: (level, message, fields = {}) => log[level](fields, message),
  })
  return { agreement, batches, signatures, library, witness, posted: () => posted }
}

/** @returns whether the contract took it */
async function post(
  { client, log }: Core,
  report: Report,
  signatures: readonly { index: number; signature: Hex }[],
): Promise<boolean> {
  const { era, attempt, round, root } = report
  try {
    const { transaction, effectiveAt } = await postReport(client, { report, signatures })
    log.info({ era, attempt, round, root, effectiveAt, transaction }, 'posted a report')
    return true
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    // Most often another leader was faster; if none was, the next one tries.
    log.info({ era, attempt, round, error: error.message }, 'the contract does not take a report')
    return false
  }
}

/** This monitor's word on an era: of each lease that it was drawn for, of providers it tried, and tenants' ratings. */
async function observe({ chain, account }: Core, watcher: Watcher, ratings: Ratings, span: EraSpan) {
  const basis = await chain.basis(span)
  if (!basis) throw new TenderError('the era is not over', { code: 'eraNotOver', class: 'conflict' })
  const monitor = lowerCase(account.address)
  const { observations, capacity } = await watcher.observe(span.era, span, drawnFor(basis, monitor))
  return encodeBatch({ monitor, era: span.era, observations, capacity, ratings: ratings.all() })
}

function drawnFor({ facts: { monitors, rules, leases } }: ReportBasis, me: Hex): Hex[] {
  const mine = monitors.findIndex(({ monitor }) => monitor === me)
  const draw = createDraw(monitors, rules.redundancy)
  return leases
    .filter(({ seed, lease }) => seed !== zeroHash && draw(hexToBytes(concatHex([seed, lease]))).includes(mine))
    .map(({ lease }) => lease)
}
