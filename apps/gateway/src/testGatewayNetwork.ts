import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { GatewayNetwork } from './network/gatewayNetwork.ts'
import { type GatewayNetworkOptions, startGatewayNetwork } from './network/startGatewayNetwork.ts'

/** A gateway's peer, and its pipe behind a real HTTP server that serves one page, without a database. */
export type TestGatewayNetwork = {
  readonly network: GatewayNetwork
  readonly url: string
  readonly pipeUrl: string
  stop(): Promise<void>
}

export async function startTestGatewayNetwork(
  options: GatewayNetworkOptions,
  page = '<!doctype html>',
): Promise<TestGatewayNetwork> {
  const network = await startGatewayNetwork(options)
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page))
  server.on('upgrade', (request, socket, head) => network.takePipe(request, socket, head, 'the page'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // CAST: it listens on TCP
  const { port } = server.address() as AddressInfo
  return {
    network,
    url: `http://127.0.0.1:${port}/`,
    pipeUrl: `ws://127.0.0.1:${port}/v1/pipe`,
    async stop() {
      server.close()
      await network.stop()
    },
  }
}
