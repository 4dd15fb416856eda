import type { Store } from '@tender/kit'
import { type Report, reportSchema, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import { eraKey } from './batchBook.ts'

/** Signs reports, never two for one round: that is slashed. */
export type SignatureBook = {
  /** What was signed for the round. */
  signed(round: Pick<Report, 'era' | 'attempt' | 'round'>): Report | undefined
  /**
   * Signs, once it is kept that it does.
   *
   * @throws {TenderError} `alreadySigned`: another report of that round
   */
  sign(report: Report): Promise<Hex>
  forgetBefore(era: bigint): void
}

export function openSignatureBook(store: Store, signReport: (report: Report) => Promise<Hex>): SignatureBook {
  const reports = store.collection('signedReports', reportSchema)
  const keyOf = ({ era, attempt, round }: Pick<Report, 'era' | 'attempt' | 'round'>) =>
    `${eraKey(era)}/${attempt}/${round}`
  return {
    signed: (round) => reports.get(keyOf(round)),
    sign(report) {
      const before = reports.get(keyOf(report))
      if (before && !isSame(before, report)) throw alreadySigned(before)
      // On disk before anybody can see the signature.
      if (!before) reports.set(keyOf(report), report)
      return signReport(report)
    },
    forgetBefore(era) {
      for (const { key } of reports.entries({ before: eraKey(era) })) reports.delete(key)
    },
  }
}

export function isSame(left: Report, right: Report): boolean {
  return (
    left.reports.toLowerCase() === right.reports.toLowerCase() &&
    left.era === right.era &&
    left.attempt === right.attempt &&
    left.round === right.round &&
    left.root === right.root &&
    left.coveredUntil === right.coveredUntil &&
    left.dataHash === right.dataHash
  )
}

function alreadySigned({ era, attempt, round, root }: Report): TenderError {
  return new TenderError(`another report of era ${era} was signed in attempt ${attempt}, round ${round}`, {
    code: 'alreadySigned',
    class: 'conflict',
    data: { era, attempt, round, root },
  })
}
