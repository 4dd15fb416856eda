import { connect, createServer, type Socket } from 'node:net'
import { createNetworkNode, serveTunnels } from '@tender/network'
import type { Address, Hex } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { common } from './loopbackNode.ts'

// Run by bench/tunnel.ts as processes of their own: what a tunnel leads to, a provider, a relay. Each tells its parent where it is,
// and, asked for anything, how much processor time it has used.

export type Role =
  | { role: 'workload' }
  | { role: 'relay' }
  | { role: 'provider'; agent: Address; workloadPort: number; relays: readonly string[] }

export const lease: Hex = `0x${'11'.repeat(32)}`

const loopback = ['/ip4/127.0.0.1/tcp/0']

if (process.send) {
  // CAST: the parent wrote it
  await start(JSON.parse(process.argv[2] ?? '') as Role)
  process.on('message', () => process.send?.(process.cpuUsage()))
}

async function start(what: Role): Promise<void> {
  if (what.role === 'workload') return startWorkload()
  const hidden = what.role === 'provider' && what.relays.length > 0
  const node = await createNetworkNode({
    ...common,
    privateKey: generatePrivateKey(),
    listen: hidden ? [] : loopback,
    ...(what.role === 'relay' ? { relay: {} } : { relays: what.relays }),
  })
  if (what.role === 'provider') {
    const { agent, workloadPort } = what
    await serveTunnels(node, {
      find: async () => ({ tenant: agent, agent, manifest: lease }),
      remember: async () => {},
      connect: async () => connect({ port: workloadPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }),
    })
  }
  const tell = () => node.relays().every(({ reserved }) => reserved) && process.send?.(node.contact())
  node.onRelayChange(tell)
  await node.start()
  tell()
}

/** A connection says with its first byte what it wants: `e` its bytes back, `s` as many bytes as it goes on to say. */
function startWorkload(): void {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {})
    socket.once('data', (data) => {
      if (data[0] === 's'.charCodeAt(0)) return send(socket, Number(String(data.subarray(1))))
      socket.write(data.subarray(1))
      socket.pipe(socket)
    })
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    process.send?.({ port: typeof address === 'object' ? address?.port : undefined })
  })
}

const chunk = Buffer.alloc(64 * 1024, 7)

function send(socket: Socket, sizeBytes: number): void {
  let leftBytes = sizeBytes
  const more = () => {
    while (leftBytes > 0) {
      const part = chunk.subarray(0, leftBytes)
      leftBytes -= part.byteLength
      if (!socket.write(part)) return
    }
    socket.end()
  }
  socket.on('drain', more)
  more()
}
