import type { VerdictReasons } from '@tender/network'

/**
 * What judging a job came to.
 *
 * - `judged`: the result is right or not, and why.
 * - `unserved`: what has to be judged could not be had; the provider may still serve it.
 * - `declined`: this monitor does not judge it, which is nobody's fault.
 */
export type Finding =
  | { kind: 'judged'; passed: boolean; reasons: VerdictReasons }
  | {
      kind: 'unserved'
      what: string
      /** When this monitor first asked for it in vain; Unix seconds. */
      since: number
      /** How often it did since, one time after the other. */
      tries: number
    }
  | { kind: 'declined'; why: string }

/** A result that is wrong as a whole. */
export function failedAsWhole(faults: readonly string[]): Finding {
  return { kind: 'judged', passed: false, reasons: { tasks: [], faults } }
}

/**
 * What the tenant made cannot be used: its provider is paid. Whoever wrote the job has to bear what follows from that, and a
 * provider could not have known.
 */
export function tenantsFault(what: string): Finding {
  return { kind: 'judged', passed: true, reasons: { tasks: [], faults: [`${what}; that is the tenant's own fault`] } }
}
