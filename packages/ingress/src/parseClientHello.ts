/** What the beginning of a connection says. `bad` carries the alert (RFC 8446, 6) that answers it. */
export type Hello =
  | { state: 'more' }
  | { state: 'bad'; alert: number }
  /** `serverName`: in lower case; absent if it names none. */
  | { state: 'hello'; serverName?: string }

export const alerts = {
  unexpectedMessage: 10,
  recordOverflow: 22,
  decodeError: 50,
  internalError: 80,
  missingExtension: 109,
  unrecognizedName: 112,
} as const

const HANDSHAKE_RECORD = 22
const CLIENT_HELLO = 1
const SERVER_NAME_EXTENSION = 0
const HOST_NAME = 0
const RECORD_HEADER_BYTES = 5
const MESSAGE_HEADER_BYTES = 4
/** RFC 8446, 5.1: the most of one record. */
const MAX_RECORD_BYTES = 2 ** 14

const HOST_PATTERN = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/**
 * Reads the server name out of a connection's first bytes, however they are cut into records (RFC 8446, 5.1). Takes nothing.
 *
 * @example
 * parseClientHello(bytes)  // { state: 'hello', serverName: 'r45gk2….example.org' }
 */
export function parseClientHello(bytes: Buffer): Hello {
  const message = firstMessage(bytes)
  if (!Buffer.isBuffer(message)) return message
  if (message[0] !== CLIENT_HELLO) return { state: 'bad', alert: alerts.unexpectedMessage }
  const body = message.subarray(MESSAGE_HEADER_BYTES)
  try {
    const serverName = serverNameOf(body)
    return serverName === undefined ? { state: 'hello' } : { state: 'hello', serverName }
  } catch (error) {
    if (error instanceof RangeError) return { state: 'bad', alert: alerts.decodeError }
    throw error
  }
}

/** The first handshake message without the records' headers. What follows it, as early data may, is not looked at. */
function firstMessage(bytes: Buffer): Buffer | Exclude<Hello, { state: 'hello' }> {
  // Joined at the end: one who sends it in thousands of records must not have it copied for each.
  const parts: Buffer[] = []
  const header = Buffer.alloc(MESSAGE_HEADER_BYTES)
  let size = 0
  let at = 0
  while (size < MESSAGE_HEADER_BYTES || size < MESSAGE_HEADER_BYTES + header.readUIntBE(1, 3)) {
    // Who speaks something else is told so before five bytes have come.
    if (at < bytes.length && bytes[at] !== HANDSHAKE_RECORD) return { state: 'bad', alert: alerts.unexpectedMessage }
    if (at + RECORD_HEADER_BYTES > bytes.length) return { state: 'more' }
    const length = bytes.readUInt16BE(at + 3)
    if (length === 0 || bytes[at + 1] !== 3) return { state: 'bad', alert: alerts.unexpectedMessage }
    if (length > MAX_RECORD_BYTES) return { state: 'bad', alert: alerts.recordOverflow }
    at += RECORD_HEADER_BYTES
    const part = bytes.subarray(at, at + length)
    if (size < MESSAGE_HEADER_BYTES) part.copy(header, size)
    parts.push(part)
    size += part.length
    at += length
  }
  return Buffer.concat(parts).subarray(0, MESSAGE_HEADER_BYTES + header.readUIntBE(1, 3))
}

/** @throws {RangeError} what is no ClientHello */
function serverNameOf(body: Buffer): string | undefined {
  const hello = reader(body)
  hello.take(2 + 32) // version, random
  hello.vector(1) // session
  hello.vector(2) // cipher suites
  hello.vector(1) // compression
  if (hello.done()) return undefined
  const extensions = reader(hello.vector(2))
  while (!extensions.done()) {
    const type = extensions.number(2)
    const content = extensions.vector(2)
    if (type === SERVER_NAME_EXTENSION) return hostNameOf(content)
  }
  return undefined
}

function hostNameOf(extension: Buffer): string | undefined {
  const names = reader(reader(extension).vector(2))
  while (!names.done()) {
    const type = names.number(1)
    const name = names.vector(2).toString('latin1').toLowerCase()
    if (type !== HOST_NAME) continue
    if (!HOST_PATTERN.test(name)) throw new RangeError('no host name')
    return name
  }
  return undefined
}

/** Takes fields off a buffer's front. Each throws {RangeError} past its end. */
function reader(bytes: Buffer) {
  let at = 0
  function take(length: number): Buffer {
    if (at + length > bytes.length) throw new RangeError('cut off')
    at += length
    return bytes.subarray(at - length, at)
  }
  const number = (size: number) => take(size).readUIntBE(0, size)
  return {
    take,
    number,
    /** A field that its own length precedes. */
    vector: (size: number) => take(number(size)),
    done: () => at === bytes.length,
  }
}
