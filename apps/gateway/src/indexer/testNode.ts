import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

/** A node between us and a chain: it refuses to look through many blocks at once, and can be made to fail. */
export type TestNode = {
  readonly url: string
  /** How many blocks each search for events was over, refused ones included. */
  readonly searched: readonly number[]
  fail(failing: boolean): void
  stop(): Promise<void>
}

const callSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()).default([]) })
const callsSchema = z.union([callSchema.transform((call) => [call]), z.array(callSchema)])
const rangeSchema = z.object({ fromBlock: z.coerce.number(), toBlock: z.coerce.number() })

/** Starts one that searches at most `mostBlocks`. */
export async function startTestNode(chainUrl: string, mostBlocks: number): Promise<TestNode> {
  const searched: number[] = []
  let failing = false
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const calls = callsSchema.parse(JSON.parse(body))
    const ranges = calls.flatMap(({ method, params }) => {
      if (method !== 'eth_getLogs') return []
      const { fromBlock, toBlock } = rangeSchema.parse(params[0])
      return [toBlock - fromBlock + 1]
    })
    searched.push(...ranges)
    if (failing) return response.writeHead(503).end()
    if (ranges.some((range) => range > mostBlocks)) {
      const error = { code: -32_602, message: `a search is over at most ${mostBlocks} blocks` }
      const refusals = calls.map(({ id }) => ({ jsonrpc: '2.0', id, error }))
      return response.end(JSON.stringify(body.startsWith('[') ? refusals : refusals[0]))
    }
    const headers = { 'content-type': 'application/json' }
    return response.end(await (await fetch(chainUrl, { method: 'POST', headers, body })).text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = z.object({ port: z.number() }).parse(server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    searched,
    fail(now) {
      failing = now
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
