/**
 * What kind of failure it was. Everything that a caller does next (retry, exit, answer) follows from it, see
 * {@link failureTable}.
 *
 * - `user`: the input is wrong; the same input will fail again.
 * - `funds`: a balance, allowance or stake is too small.
 * - `noBids`: nobody offered what was asked.
 * - `notFound`: the thing named does not exist.
 * - `denied`: the caller may not do this.
 * - `conflict`: the state is not what the action needs (already used, ended, port taken, corrupt file).
 * - `limit`: too much, too fast or too large.
 * - `network`: a peer or an RPC endpoint cannot be reached or did not answer in time.
 * - `chain`: the chain refused a transaction.
 * - `provider`: the provider's host cannot do it.
 * - `workload`: the tenant's own program failed.
 * - `cancelled`: the caller aborted.
 * - `internal`: a bug of ours.
 */
export type FailureClass = keyof typeof failureTable

/**
 * What follows from a failure's class.
 *
 * `retryable`: the same call may succeed later without anybody changing anything. Exit codes: 1 is a bug, 2 a wrong use as
 * shells have it, 130 an interrupt as shells have it.
 */
export const failureTable = {
  internal: { retryable: false, exitCode: 1, httpStatus: 500 },
  user: { retryable: false, exitCode: 2, httpStatus: 400 },
  funds: { retryable: false, exitCode: 3, httpStatus: 402 },
  noBids: { retryable: true, exitCode: 4, httpStatus: 422 },
  notFound: { retryable: false, exitCode: 5, httpStatus: 404 },
  denied: { retryable: false, exitCode: 6, httpStatus: 403 },
  conflict: { retryable: false, exitCode: 7, httpStatus: 409 },
  limit: { retryable: true, exitCode: 8, httpStatus: 429 },
  network: { retryable: true, exitCode: 9, httpStatus: 503 },
  chain: { retryable: false, exitCode: 10, httpStatus: 422 },
  provider: { retryable: false, exitCode: 11, httpStatus: 502 },
  workload: { retryable: false, exitCode: 12, httpStatus: 502 },
  cancelled: { retryable: false, exitCode: 130, httpStatus: 499 },
} as const satisfies Record<string, { retryable: boolean; exitCode: number; httpStatus: number }>

export type TenderErrorOptions = {
  /** Stable name of this failure, camelCase, for programs. */
  code: string
  class: FailureClass
  /** What the reader can do about it, one sentence. */
  hint?: string | undefined
  cause?: unknown
  /** Facts about the failure, for programs: ids, asked and possible values. */
  data?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Root of every error that this project throws on purpose.
 *
 * @example
 * throw new TenderError('port 8080 is taken', { code: 'portTaken', class: 'conflict', hint: 'Choose another with --port.' })
 */
export class TenderError extends Error {
  readonly code: string
  readonly class: FailureClass
  readonly hint: string | undefined
  readonly data: Readonly<Record<string, unknown>>

  constructor(message: string, options: TenderErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = options.code
    this.class = options.class
    this.hint = options.hint
    this.data = options.data ?? {}
  }
}

/** The class of any thrown value: a stranger is `internal`, an abort is `cancelled`. */
export function failureClass(error: unknown): FailureClass {
  if (error instanceof TenderError) return error.class
  if (error instanceof Error && error.name === 'AbortError') return 'cancelled'
  if (error instanceof Error && error.name === 'TimeoutError') return 'network'
  return 'internal'
}

/** True if the same call may succeed later without anybody changing anything. */
export function isRetryable(error: unknown): boolean {
  return failureTable[failureClass(error)].retryable
}

/** The exit code of a process that ends with this error. */
export function exitCode(error: unknown): number {
  return failureTable[failureClass(error)].exitCode
}

/** The HTTP status that answers this error. */
export function httpStatus(error: unknown): number {
  return failureTable[failureClass(error)].httpStatus
}

type Rest = Partial<Omit<TenderErrorOptions, 'class'>>

/** One thing that is wrong with an input, and where. Lines and columns count from 1. */
export type InputIssue = {
  /** What is wrong and why, one sentence without a full stop. */
  message: string
  /** Dotted path of the key, e.g. `services.web.volumes`. */
  path?: string | undefined
  file?: string | undefined
  line?: number | undefined
  column?: number | undefined
}

/** Formats an issue as people expect it: `compose.yaml:12:5 services.web.volumes: …`. */
export function formatIssue({ message, path, file, line, column }: InputIssue): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  const where = [place, path].filter((part) => part).join(' ')
  return where ? `${where}: ${message}` : message
}

/** An input that is wrong, with everything that is wrong with it at once. */
export class InvalidInputError extends TenderError {
  readonly issues: readonly InputIssue[]

  constructor(what: string, issues: readonly InputIssue[], rest: Rest = {}) {
    super([what, ...issues.map((issue) => `  ${formatIssue(issue)}`)].join('\n'), {
      code: 'invalidInput',
      ...rest,
      class: 'user',
      data: { ...rest.data, issues },
    })
    this.issues = issues
  }
}

/** A balance that is too small: `missing` is what has to be added. Amounts in `asset`'s smallest unit. */
export class InsufficientFundsError extends TenderError {
  readonly needed: bigint
  readonly available: bigint
  readonly missing: bigint

  constructor(message: string, { needed, available, ...rest }: Rest & { needed: bigint; available: bigint }) {
    const missing = needed > available ? needed - available : 0n
    super(message, {
      code: 'insufficientFunds',
      ...rest,
      class: 'funds',
      data: { ...rest.data, needed, available, missing },
    })
    this.needed = needed
    this.available = available
    this.missing = missing
  }
}

/** Nobody offered what the order asks; `reasons` says why, per provider that answered. */
export class NoBidsError extends TenderError {
  readonly reasons: readonly { provider: string; reason: string }[]

  constructor(message: string, reasons: readonly { provider: string; reason: string }[], rest: Rest = {}) {
    super(message, { code: 'noBids', ...rest, class: 'noBids', data: { ...rest.data, reasons } })
    this.reasons = reasons
  }
}

/** The thing named does not exist. */
export class NotFoundError extends TenderError {
  constructor(message: string, rest: Rest = {}) {
    super(message, { code: 'notFound', ...rest, class: 'notFound' })
  }
}

/** A peer or endpoint that cannot be reached. */
export class UnreachableError extends TenderError {
  constructor(message: string, rest: Rest = {}) {
    super(message, { code: 'unreachable', ...rest, class: 'network' })
  }
}

/** Something did not answer within `limitMs`. */
export class TimedOutError extends TenderError {
  constructor(what: string, { limitMs, ...rest }: Rest & { limitMs: number }) {
    super(`${what} did not answer within ${limitMs} ms`, {
      code: 'timedOut',
      ...rest,
      class: 'network',
      data: { ...rest.data, limitMs },
    })
  }
}

/** A local file that does not hold what it should; it is never repaired behind the reader's back. */
export class CorruptStateError extends TenderError {
  constructor(file: string, rest: Rest & { hint: string }) {
    super(`${file} is corrupt`, { code: 'corruptState', ...rest, class: 'conflict', data: { ...rest.data, file } })
  }
}
