import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createConnection, type Server as TcpServer } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ReadyRoute, Route } from './route.ts'
import { type Ingress, type IngressOptions, startIngress } from './startIngress.ts'

// What the tests of this package share.

/** A route to a port of this machine. */
export function routeTo(port: number, over: Partial<ReadyRoute> = {}): ReadyRoute {
  const open = async () => createConnection({ host: '127.0.0.1', port, allowHalfOpen: true })
  return { state: 'ready', key: String(port), headers: {}, connect: open, ...over }
}

/** An HTTP server of a test, closed when the test is over. */
export async function startWorkload(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle)
  return { server, port: await listening(server) }
}

/** @returns the port on which it listens until the test is over */
export async function listening(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
  // CAST: it listens on TCP
  return (server.address() as AddressInfo).port
}

export type TestIngress = Ingress & { port: number; logged: { level: string; message: string; fields: object }[] }

/** An ingress on one plain port, or as told, that is closed when the test is over. */
export async function openTestIngress(
  routes: Readonly<Record<string, Route>>,
  options: Partial<IngressOptions> = {},
): Promise<TestIngress> {
  const logged: TestIngress['logged'] = []
  const ingress = await startIngress({
    listeners: [{ host: '127.0.0.1', port: 0 }],
    route: async (host) => routes[host],
    log: (level, message, fields = {}) => logged.push({ level, message, fields }),
    ...options,
  })
  onTestFinished(() => ingress.close())
  return { ...ingress, port: ingress.ports[0] ?? 0, logged }
}

/** Speaks HTTP by hand. @returns everything that came back until the other side closed */
export function speak(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    let heard = ''
    socket.setEncoding('latin1').on('data', (part: string) => {
      heard += part
    })
    socket.on('close', () => resolve(heard))
    socket.on('error', reject)
  })
}
