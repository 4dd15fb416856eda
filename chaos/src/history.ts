import type { Address, Hex } from 'viem'

/** What a tenant wanted, and what it was told. One line of its log (NDJSON). */
export type TenantEntry = {
  /** Milliseconds since 1970, when it began and when it was told. */
  readonly at: number
  readonly endedAt: number
  /** What it does: `up`, `run`, `close`, `extend`, `deposit`, `ps`, `jobPs`. */
  readonly act: string
  /** The words of the command, after `tender`. */
  readonly command: readonly string[]
  /** What the command ended with; `null` if it was killed. */
  readonly code: number | null
  /** What it printed with `--json`, parsed: lease ids, addresses, results. `undefined` if it failed. */
  readonly told?: unknown
  /** What it said instead: class, code and message as the command line has them, or its last words. */
  readonly error?: unknown
  /** Where a job's results went. */
  readonly out?: string
}

export type TenantHistory = {
  readonly name: string
  readonly address: Address
  /** Its home (`TENDER_HOME`): its records of orders and leases are below it. */
  readonly home: string
  readonly logFile: string
  readonly entries: readonly TenantEntry[]
}

/** A fault as it really happened. */
export type FaultEntry = {
  readonly name: string
  readonly target: string
  readonly at: number
  readonly endedAt: number
  /** Why it could not be made, or undone. */
  readonly error?: string
}

/** A lease that was in a block which a reorganisation took back. */
export type TakenBack = { readonly lease: Hex; readonly at: number }

/** What happened, as far as who looks from outside can tell. */
export type History = {
  readonly seed: number
  readonly minutes: number
  readonly startedAt: number
  readonly endedAt: number
  readonly tenants: readonly TenantHistory[]
  readonly faults: readonly FaultEntry[]
  readonly takenBack: readonly TakenBack[]
}
