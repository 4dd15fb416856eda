import { TenderError, TimedOutError, UnreachableError } from '@tender/protocol'

/** SQLSTATE classes and codes of a connection that is gone or that a restarting server refuses. */
const LOST_STATES = /^(08...|57P0[1235]|53300)$/
const LOST_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'])
const LOST_WORDS = /Connection terminated|not queryable|Client was closed|timeout exceeded when trying to connect/
/** SQLSTATE of a statement that took too long. */
const CANCELED = '57014'

/**
 * What a database threw, in our words: an {@link UnreachableError} `databaseUnreachable` for a connection that is gone, which may be
 * tried again; a {@link TimedOutError} for a statement that took too long; anything else as it is.
 */
export function storeError(error: unknown, statementTimeoutMs: number): unknown {
  if (error instanceof TenderError) return error
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? String(cause.code) : ''
    if (code === CANCELED) return new TimedOutError('the database', { limitMs: statementTimeoutMs, cause: error })
    if (LOST_CODES.has(code) || LOST_STATES.test(code) || LOST_WORDS.test(cause.message)) {
      return databaseUnreachable('the database cannot be reached', error)
    }
  }
  return error
}

/** The database is not there now. */
export function databaseUnreachable(message: string, cause?: unknown): UnreachableError {
  return new UnreachableError(message, {
    code: 'databaseUnreachable',
    hint: 'Check that PostgreSQL runs and that DATABASE_URL is right; what was interrupted is done again.',
    cause,
  })
}

/** Another process writes to this database. */
export function storeInUse(place: string, cause?: unknown): TenderError {
  return new TenderError(`${place} is in use by another gateway`, {
    code: 'storeInUse',
    class: 'conflict',
    hint: 'Stop the other one, or give this one a database of its own.',
    data: { place },
    cause,
  })
}
