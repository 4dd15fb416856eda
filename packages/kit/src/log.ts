import { type DestinationStream, type Logger, type LoggerOptions, pino, stdSerializers } from 'pino'

export type { Logger }

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Keys whose values never reach a log, at the top of a record and up to three levels below. */
const secretKeys = ['privateKey', 'secretKey', 'mnemonic', 'seed', 'password', 'passphrase', 'token', 'authorization']

const redacted = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`])

/**
 * A logger that writes one JSON object a line: `time` (ISO 8601), `level`, `name`, `msg` and the fields given. Amounts may
 * be `bigint`, and an error goes under `error`, with its causes. Values of keys such as `privateKey` are left out; do not
 * put a secret into a message.
 *
 * @param stream where lines go; standard error unless told, since standard output is for answers
 *
 * @example
 * const log = createLog({ name: 'provider' })
 * log.info({ leaseId, rate: 20_000n }, 'lease opened')
 * log.warn({ error }, 'bid not delivered')
 */
export function createLog(options: { name: string; level?: LogLevel; stream?: DestinationStream }): Logger {
  const { name, level = 'info', stream = process.stderr } = options
  const settings: LoggerOptions = {
    name,
    level,
    base: { name },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    errorKey: 'error',
    serializers: { error: stdSerializers.errWithCause },
    redact: { paths: redacted, censor: '[secret]' },
    formatters: { level: (label) => ({ level: label }), log: withoutBigints },
  }
  return pino(settings, stream)
}

/** Big integers as decimal strings: JSON readers would round them. */
function withoutBigints(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, plain(value)]))
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(plain)
  if (value && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  }
  return value
}
