import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createConnection, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { createFileCertificates, startIngress } from '@tender/ingress'

// Run by bench/ingress.ts as processes of their own: a workload, which is also the direct server that an ingress is measured against,
// an ingress before it, and the least that `node:http` needs to pass a request on. Asked for anything, they say how much processor time they have used.

export type Role =
  | { role: 'workload'; certificate: Certificate }
  | { role: 'proxy'; workloadPort: number }
  | { role: 'ingress'; host: string; workloadPort: number; certificate: Certificate }

/** PEM, and where it lies. */
export type Certificate = { certFile: string; keyFile: string; chain: string; key: string }

/** Where it listens. */
export type Listening = { plain: number; tls: number }

/** Asks for so many bytes: `/bytes/1048576`. Any other path is greeted. */
export const BYTES_PATH = '/bytes/'

const greeting = Buffer.from('Hello from the workload!\n')
const chunk = Buffer.alloc(64 * 1024, 7)

// CAST: the parent wrote it
if (process.send) await start(JSON.parse(process.argv[2] ?? '') as Role)

async function start(what: Role): Promise<void> {
  const listening = await listeningOf(what)
  process.send?.(listening)
  process.on('message', () => process.send?.(process.cpuUsage()))
  process.once('disconnect', () => process.exit(0))
}

async function listeningOf(what: Role): Promise<Listening> {
  if (what.role === 'workload') return startWorkload(what.certificate)
  if (what.role === 'proxy') return startProxy(what.workloadPort)
  return startOwnIngress(what)
}

/** Passes requests on, and nothing else: no host is looked up, no header is changed, no protocol. */
async function startProxy(port: number): Promise<Listening> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((asked, response) => {
    const { method, url: path, headers } = asked
    const passed = request({ host: '127.0.0.1', port, agent, method, path, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(response)
    })
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    asked.pipe(passed)
  })
  return { plain: await listen(server), tls: 0 }
}

async function startWorkload({ chain, key }: Certificate): Promise<Listening> {
  const servers = [createServer(answer), createTlsServer({ cert: chain, key }, answer)]
  const [plain = 0, tls = 0] = await Promise.all(
    servers.map((server) => {
      server.on('upgrade', echo)
      return listen(server)
    }),
  )
  return { plain, tls }
}

async function startOwnIngress({
  host,
  workloadPort,
  certificate,
}: Extract<Role, { role: 'ingress' }>): Promise<Listening> {
  const route = {
    state: 'ready',
    key: 'workload',
    headers: {},
    connect: async () =>
      createConnection({ port: workloadPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }),
  } as const
  const log = () => {}
  const ingress = await startIngress({
    listeners: [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: 0, tls: true },
    ],
    route: async (asked) => (asked === host ? route : undefined),
    certificates: await createFileCertificates({ certificates: [{ host, ...certificate }], log }),
    log,
  })
  const [plain = 0, tls = 0] = ingress.ports
  return { plain, tls }
}

function answer({ url = '/' }: IncomingMessage, response: ServerResponse): void {
  if (url.startsWith(BYTES_PATH)) {
    send(response, Number(url.slice(BYTES_PATH.length)))
    return
  }
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': greeting.length })
  response.end(greeting)
}

function send(response: ServerResponse, sizeBytes: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': sizeBytes })
  let leftBytes = sizeBytes
  const more = () => {
    while (leftBytes > 0) {
      const part = chunk.subarray(0, leftBytes)
      leftBytes -= part.byteLength
      if (!response.write(part)) return
    }
    response.end()
  }
  response.on('drain', more)
  more()
}

/** After an upgrade each byte comes back. */
function echo(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {})
  socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n')
  socket.pipe(socket)
}

function listen(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  // CAST: it listens on TCP
  server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  return promise
}
