import type { Market } from '@tender/api'
import { askVerdict, type ReasonedVerdict } from '@tender/network/browser'
import type { MarketClient } from '@tender/sdk'
import { monitorPeers } from '@tender/tenant'
import { type Address, getAddress, type Hex } from 'viem'
import { agentNode } from '../../../shared/tenant/agentNodes.ts'
import type { PageReach } from '../useReach.ts'

/** What one validator says of a job, or why it says nothing. Its signature was checked. */
export type ToldVerdict = { validator: Address } & ({ verdict: ReasonedVerdict } | { silent: string })

/** Asks the validators of a job what they found. @param seed what their verdicts are signed for */
export async function askReasons(
  { market, client, reach }: { market: Market; client: MarketClient; reach: PageReach },
  { lease, seed, validators }: { lease: Hex; seed: Hex; validators: readonly string[] },
  signal: AbortSignal,
): Promise<ToldVerdict[]> {
  const node = await agentNode(market, client, reach.agentKey)
  const { jobs } = client.book.contracts
  const peers = await monitorPeers(client, node, signal)
  const wanted = validators.map((validator) => getAddress(validator))
  const keyOf = new Map(peers.all.map(({ publicKey, key }) => [publicKey, getAddress(key)]))
  const replies = await peers.askEach(async (monitor, at) => {
    const key = keyOf.get(monitor.publicKey)
    return key && wanted.includes(key) ? askVerdict(at, monitor, { jobs, lease, seed }, signal) : undefined
  })
  return wanted.map((validator) => {
    const reply = replies.find(({ monitor }) => getAddress(monitor.key) === validator)
    if (!reply) return { validator, silent: 'It tells no address.' }
    if ('error' in reply) return { validator, silent: reply.error.message }
    return reply.answer ? { validator, verdict: reply.answer } : { validator, silent: 'It was not asked.' }
  })
}
