import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'

const callSchema = z.object({ method: z.string(), params: z.array(z.unknown()).default([]) })
const bodySchema = z.union([z.array(callSchema), callSchema.transform((call) => [call])])

export type RpcCall = z.output<typeof callSchema>

export type RpcProxy = { readonly url: string; close(): Promise<void> }

/**
 * Stands between one process and its chain. Each request is shown to `judge` first; `drop` closes the connection without an
 * answer, as an endpoint does that dies.
 *
 * @example
 * const proxy = await startRpcProxy(chain.url, (calls) => (calls.some(isPost) ? 'drop' : 'pass'))
 */
export async function startRpcProxy(
  target: string,
  judge: (calls: readonly RpcCall[]) => 'pass' | 'drop' | Promise<'pass' | 'drop'>,
  host = '127.0.0.1',
): Promise<RpcProxy> {
  const server = createServer(async (request, response) => {
    try {
      const body = await buffer(request)
      if ((await judge(bodySchema.parse(JSON.parse(body.toString())))) === 'drop') return void request.socket.destroy()
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(target, { method: 'POST', headers, body, signal: AbortSignal.timeout(20_000) })
      response.writeHead(answer.status, headers).end(await answer.text())
    } catch {
      request.socket.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on a port')
  return {
    url: `http://${host}:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
