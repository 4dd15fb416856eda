import type { Address, Hex } from 'viem'
import type { Finding } from '../finding.ts'
import { toJson } from '../toJson.ts'

/** What a finding is about. */
export type Where = { lease?: Hex; account?: Address; provider?: bigint; pool?: bigint; block?: number; tx?: Hex }

/** Collects what is not as it has to be. */
export type Judge = {
  readonly findings: Finding[]
  /** A finding unless both are the same. `what` is what was compared, in words. */
  same(what: string, expected: unknown, found: unknown, where: Where): void
  /** A finding unless it holds. `message` says what was expected and what was found. */
  holds(truth: boolean, message: string, where: Where): void
}

/** @param check the law that is judged, e.g. `leasePayment` */
export function createJudge(check: string): Judge {
  const findings: Finding[] = []
  const find = (message: string, where: Where) =>
    findings.push({ check, message: `${message}${tellWhere(where)}`, data: where })
  return {
    findings,
    same(what, expected, found, where) {
      if (tell(expected) !== tell(found)) find(`${what}: expected ${tell(expected)}, found ${tell(found)}`, where)
    },
    holds(truth, message, where) {
      if (!truth) find(message, where)
    },
  }
}

function tell(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return toJson(value)
}

function tellWhere(where: Where): string {
  const parts = Object.entries(where).map(([key, value]) => `${key} ${value}`)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}
