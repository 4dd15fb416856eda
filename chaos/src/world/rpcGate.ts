import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** What one of them is answered: a body as JSON-RPC has it, or nothing, and the connection closed. */
export type RpcAnswer = { status: number; body: string } | 'drop'

/**
 * Stands in for the chain for one request.
 *
 * @param body JSON-RPC as it was asked, one call or a list of them
 * @param ask asks the chain, be it something else
 */
export type RpcRule = (
  body: string,
  ask: (body: string) => Promise<{ status: number; body: string }>,
) => Promise<RpcAnswer>

/** Between one process and its chain. */
export type RpcGate = {
  /** What its process asks. The same for the whole run. */
  readonly url: string
  /** From now on the rule answers; the latest of several does, and its `ask` asks the one before. @returns takes it away again */
  intercept(rule: RpcRule): () => void
  close(): Promise<void>
}

/** A body of a request beyond this is no request of ours. */
const MOST_BYTES = 32 * 1024 ** 2
const TIMEOUT_MS = 20_000

/**
 * Passes everything on to the chain until told otherwise. While the chain is down, connections are closed without an answer.
 *
 * @example
 * const gate = await startRpcGate({ target: chain.url, host: '127.0.0.1' })
 * const undo = gate.intercept(async () => ({ status: 500, body: '' }))
 */
export async function startRpcGate({ target, host }: { target: string; host: string }): Promise<RpcGate> {
  const rules: RpcRule[] = []
  const answer = (body: string, above: number): Promise<RpcAnswer> => {
    const rule = rules[above]
    if (!rule) return askChain(target, body)
    return rule(body, async (asked) => {
      const told = await answer(asked, above - 1)
      if (told === 'drop') throw new Error('the connection was dropped')
      return told
    })
  }
  const server = createServer(async (request, response) => {
    try {
      const body = await buffer(request)
      if (body.length > MOST_BYTES) throw new RangeError('too large')
      const told = await answer(body.toString(), rules.length - 1)
      if (told === 'drop') return void request.socket.destroy()
      response.writeHead(told.status, { 'content-type': 'application/json' }).end(told.body)
    } catch {
      request.socket.destroy()
    }
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on a port')
  return {
    url: `http://${host}:${address.port}`,
    intercept(rule) {
      rules.push(rule)
      return () => {
        const at = rules.indexOf(rule)
        if (at >= 0) rules.splice(at, 1)
      }
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function askChain(target: string, body: string): Promise<{ status: number; body: string }> {
  const headers = { 'content-type': 'application/json' }
  const told = await fetch(target, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) })
  return { status: told.status, body: await told.text() }
}
