import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alerts, parseClientHello } from './parseClientHello.ts'
import { readClientHello } from './readClientHello.ts'

/** What Node's client says first. */
async function helloOf(servername: string | undefined): Promise<Buffer> {
  const [near, far] = duplexPair()
  const client = connectTls({ socket: near, ...(servername !== undefined && { servername }) }).on('error', () => {})
  // CAST: no encoding is set
  const [bytes] = (await once(far, 'data')) as [Buffer]
  client.destroy()
  return bytes
}

/** The same message cut into records of so many bytes. */
function fragmented(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5)
  const records: Buffer[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size)
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part)
  }
  return Buffer.concat(records)
}

describe('parseClientHello', () => {
  test('finds the server name, also in pieces, and in records of any size', async () => {
    const hello = await helloOf('Web.Example.org')
    const found = { state: 'hello', serverName: 'web.example.org' }
    expect(parseClientHello(hello)).toEqual(found)
    for (const size of [1, 2, 3, 7, 100]) expect(parseClientHello(fragmented(hello, size))).toEqual(found)
    for (let length = 0; length < hello.length; length++) {
      expect(parseClientHello(hello.subarray(0, length))).toEqual({ state: 'more' })
    }
    expect(parseClientHello(Buffer.concat([hello, Buffer.from('more')]))).toEqual(found)
  })

  test('a client that names no server', async () => {
    expect(parseClientHello(await helloOf(undefined))).toEqual({ state: 'hello' })
  })

  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n'), alerts.unexpectedMessage],
    ['one byte of something else', Buffer.from('G'), alerts.unexpectedMessage],
    ['an alert', Buffer.from([21, 3, 1, 0, 2, 2, 0]), alerts.unexpectedMessage],
    ['another message', Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]), alerts.unexpectedMessage],
    ['an empty record', Buffer.from([22, 3, 1, 0, 0]), alerts.unexpectedMessage],
    ['a record that is too long', Buffer.from([22, 3, 1, 255, 255]), alerts.recordOverflow],
    ['a hello that is cut off', Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 3]), alerts.decodeError],
  ])('%s is no hello', (_, bytes, alert) => {
    expect(parseClientHello(bytes)).toEqual({ state: 'bad', alert })
  })

  test.each(['a b', '-a', 'a..b', 'a/b', 'ä.ö', `${'a'.repeat(64)}.b`])('"%s" is no server name', async (name) => {
    const bytes = Buffer.from(name, 'latin1')
    const instead = 'x'.repeat(bytes.length)
    const hello = await helloOf(instead)
    // With its type and length before it: two letters may be anywhere.
    const at = hello.indexOf(Buffer.from([0, 0, bytes.length, ...Buffer.from(instead)]))
    bytes.copy(hello, at + 3)
    expect(parseClientHello(hello)).toEqual({ state: 'bad', alert: alerts.decodeError })
  })

  test('whatever comes, it says something', async () => {
    const hello = await helloOf('web.example.org')
    const damaged = fc.tuple(fc.nat(hello.length - 1), fc.nat(255)).map(([at, value]) => {
      const bytes = Buffer.from(hello)
      bytes[at] = value
      return bytes
    })
    const anything = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(damaged, anything), (bytes) => {
        expect(['more', 'bad', 'hello']).toContain(parseClientHello(bytes).state)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('readClientHello', () => {
  test('puts back what it read', async () => {
    const hello = await helloOf('web.example.org')
    const [near, far] = duplexPair()
    const reading = readClientHello(far, 60_000)
    for (const byte of hello.subarray(0, 20)) near.write(Buffer.from([byte]))
    near.write(hello.subarray(20))
    near.end('and more')
    expect(await reading).toEqual({ state: 'hello', serverName: 'web.example.org' })
    expect(Buffer.concat(await far.toArray())).toEqual(Buffer.concat([hello, Buffer.from('and more')]))
  })

  test('waits neither for ever, nor for more than a hello has, nor for whoever left', async () => {
    const hello = fragmented(await helloOf('web.example.org'), 1)
    const silent = duplexPair()
    expect(await readClientHello(silent[1], 20)).toBeUndefined()

    const endless = duplexPair()
    const reading = readClientHello(endless[1], 60_000)
    endless[0].write(
      Buffer.concat([Buffer.from([22, 3, 1, 0, 4, 1, 1, 0, 0]), ...Array(4_000).fill(hello.subarray(0, 6))]),
    )
    expect(await reading).toEqual({ state: 'bad', alert: alerts.recordOverflow })

    const left = duplexPair()
    const waiting = readClientHello(left[1], 60_000)
    left[0].end(hello.subarray(0, 10))
    expect(await waiting).toBeUndefined()
  })
})
