import type { Fault } from '../fault.ts'

const TIMEOUT_MS = 20_000
/** Deeper than what daemons take for settled anywhere would be no fault, but another chain. */
const MOST_DEPTH = 4

/** The chain's last blocks are taken back and made anew, without what was in them: their transactions are lost. */
export const reorg: Fault = {
  name: 'reorg',
  hits: ['chain'],
  async inject(world, random, signal) {
    const depth = random.integer(1, MOST_DEPTH)
    await callChain(world.chainUrl, 'anvil_reorg', [depth, []], signal)
    // Nothing is to be undone: the new blocks are the chain.
    return async () => {}
  },
}

async function callChain(url: string, method: string, params: unknown[], signal: AbortSignal): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  })
  const text = await answer.text()
  if (text.includes('"error"')) throw new Error(`${method}: ${text}`)
}
