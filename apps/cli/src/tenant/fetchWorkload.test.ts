import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { fetchWorkload } from './fetchWorkload.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  // CAST: a TCP server has such an address
  return (server.address() as AddressInfo).port
}

const soon = () => AbortSignal.timeout(10_000)

test('a body without end is read as far as it is needed', async () => {
  const port = await serve((_, response) => {
    const more = () => {
      while (response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  })
  const { status, body } = await fetchWorkload(`http://hello.localhost:${port}/`, soon())
  expect({ status, length: body.length }).toEqual({ status: 200, length: 1024 ** 2 })
})

test('an answer that breaks off is a failure of the network', async () => {
  const server = createTcpServer((socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello')
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  // CAST: a TCP server has such an address
  const { port } = server.address() as AddressInfo
  await expect(fetchWorkload(`http://127.0.0.1:${port}/`, soon())).rejects.toMatchObject({ class: 'network' })
})

test("a stranger's URL leads nowhere into this machine or its network", async () => {
  let asked = 0
  const port = await serve((_, response) => {
    asked++
    response.end('secret')
  })
  for (const host of [
    'localhost',
    'x.localhost',
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[2002:7f00:1::]',
    '169.254.169.254',
    '10.0.0.1',
    '192.168.1.1',
    '[fe80::1]',
    '[fd00::1]',
    '0.0.0.0',
  ]) {
    const asking = fetchWorkload(`http://${host}:${port}/`, soon(), { publicOnly: true })
    await expect(asking, host).rejects.toMatchObject({ code: 'privateAddress', class: 'denied' })
  }
  // Resolvers differ on the dot at its end.
  const resolved = fetchWorkload(`http://localhost.:${port}/`, soon(), { publicOnly: true })
  await expect(resolved).rejects.toMatchObject({ class: expect.stringMatching(/denied|network/) })
  expect(asked).toBe(0)
})
