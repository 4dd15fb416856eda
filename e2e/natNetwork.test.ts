import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NatNetwork, natNetworkMissing, startNatNetwork } from './support/natNetwork.ts'

// The tool of other tests: a network that let everything through would prove nothing.

const missing = await natNetworkMissing()
if (missing) console.warn(`skipped: ${missing}`)

let network: NatNetwork
beforeAll(async () => {
  if (!missing) network = await startNatNetwork()
})
afterAll(() => network?.close())

const connects = `
  const [host, port, timeout] = process.argv.slice(1)
  const socket = require('node:net').connect({ host, port, timeout: Number(timeout) })
  const tell = (what) => { console.log(what); process.exit() }
  socket.on('data', (data) => tell(String(data))).on('timeout', () => tell('nobody')).on('error', () => tell('refused'))`

test.skipIf(missing)(
  'whoever is behind a router reaches the world under its address, and nobody reaches in',
  async () => {
    const server = createServer((socket) => socket.end(String(socket.remoteAddress))).listen(0, network.here)
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = String(typeof address === 'object' && address?.port)
    try {
      const router = await network.addRouter('router')
      const [home, neighbour, world] = [
        await router.addHost('home'),
        await router.addHost('neighbour'),
        await network.addHost('world2'),
      ]
      const ask = (from: typeof home, host: string, at = port, patienceMs = 30_000) =>
        from.run(process.execPath, ['-e', connects, host, at, String(patienceMs)])
      expect(await ask(home, network.here)).toBe(`${router.address}\n`)
      expect(await ask(world, network.here)).toBe(`${world.address}\n`)

      const listens = `require('node:net').createServer((s) => s.end('inside')).listen(7000, () => console.log('up'))`
      const child = home.spawn(process.execPath, ['-e', listens], { stdio: ['ignore', 'pipe', 'ignore'] })
      await new Promise((resolve) => child.stdout?.once('data', resolve))
      expect(await ask(neighbour, home.address, '7000')).toBe('inside\n')
      expect(await ask(world, router.address, '7000', 2_000)).toBe('nobody\n')
      expect(await ask(world, home.address, '7000', 2_000)).not.toBe('inside\n')
    } finally {
      server.close()
    }
  },
)
