import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import type { Fault } from '../fault.ts'
import { bytes, type Random } from '../random.ts'
import { inRounds } from './inRounds.ts'

const CONNECTION_MS = 5_000
const LARGE_BYTES = 4 * 1024 ** 2
const LISTENS = '0A'

/** What a listener may hear that is none of what it speaks: of each what comes first, and how much follows. */
const messages: Readonly<Record<string, (random: Random) => Buffer>> = {
  noise: (random) => bytes(random, 4096),
  nothing: () => Buffer.alloc(0),
  cutRequest: () => Buffer.from('GET /v1/providers HTTP/1.1\r\nHost: localh'),
  endlessHeader: () => Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nX-Long: '), Buffer.alloc(LARGE_BYTES, 'a')]),
  wrongLength: () => Buffer.from('POST /rpc HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n{'),
  twoLengths: () =>
    Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET'),
  foreignHost: () => Buffer.from(`GET / HTTP/1.1\r\nHost: ${'a'.repeat(70)}.relay.localhost\r\n\r\n`),
  largeBody: () =>
    Buffer.concat([
      Buffer.from(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n`),
      Buffer.alloc(LARGE_BYTES, '['),
    ]),
  // A ClientHello that says it is longer than what comes.
  cutHello: (random) => Buffer.concat([Buffer.from('160301ffff0100fffb0303', 'hex'), bytes(random, 200)]),
  // libp2p agrees on a protocol by lines with their length before them.
  wrongProtocol: () => Buffer.from('\x13/multistream/1.0.0\n\x0d/no/such/one\n'),
  endlessLine: () => Buffer.concat([Buffer.from('\x13/multistream/1.0.0\n'), Buffer.alloc(LARGE_BYTES, 0xff)]),
  wrongHandshake: (random) =>
    Buffer.concat([
      Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n'),
      Buffer.from([0xff, 0xff]),
      bytes(random, 70_000),
    ]),
}

export const garbageNames = Object.keys(messages)

/** Strangers dial all ports of a process, over and over, and say what makes no sense, is far too large or breaks off. */
export const garbage: Fault = {
  name: 'garbage',
  hits: ['relay', 'provider', 'monitor', 'gateway'],
  missing: async () => (process.platform === 'linux' ? undefined : 'listening ports are found on Linux alone'),
  async inject(_world, random, signal, target) {
    return inRounds(signal, (ended) =>
      Promise.all(
        portsOf(target.pid).map((port) =>
          sayGarbage({ host: target.address, port }, random.pick(garbageNames), random, ended),
        ),
      ),
    )
  },
}

/**
 * Dials and says one of them, and waits until the other side has had enough, at most five seconds.
 *
 * @returns what was answered. Never rejects: refused and broken connections are what is to be expected
 */
export function sayGarbage(
  place: { host: string; port: number },
  what: string,
  random: Random,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve) => {
    const heard: Buffer[] = []
    const socket = connect({ ...place, timeout: CONNECTION_MS, signal })
    const late = setTimeout(() => socket.destroy(), CONNECTION_MS)
    socket.on('data', (chunk) => heard.push(chunk))
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(late)
      resolve(Buffer.concat(heard))
    })
    const message = messages[what]?.(random) ?? Buffer.alloc(0)
    socket.on('connect', () => (random.chance(0.5) ? socket.end(message) : socket.write(message)))
  })
}

/** TCP ports that the process itself listens on; none while it is down. */
export function portsOf(pid: number | undefined): number[] {
  if (pid === undefined) return []
  try {
    const sockets = new Set(
      readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(pid, fd))?.[1] ?? []),
    )
    const rows = ['tcp', 'tcp6'].flatMap((name) =>
      readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n').slice(1),
    )
    const ports = rows.flatMap((row) => {
      const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
      return state === LISTENS && sockets.has(inode) ? [Number.parseInt(local.split(':')[1] ?? '', 16)] : []
    })
    return [...new Set(ports)]
  } catch {
    return [] // it ended meanwhile
  }
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return '' // closed meanwhile
  }
}
