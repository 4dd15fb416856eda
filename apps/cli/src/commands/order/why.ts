import { addressOfPublicKey, askWhy, dialableAt, type NetworkNode, type Why } from '@tender/network'
import { type Dialable, failureClass, type RuleBreak } from '@tender/protocol'
import { findProvider, getAsset, type MarketClient } from '@tender/sdk'
import { findOrder, type OrderRecord, reasonText, shortId, type TenantRecords } from '@tender/tenant'
import { defineCommand, optional } from '../../command.ts'
import { marketDirectory } from '../../home/home.ts'
import { openMarket } from '../../openMarket.ts'
import { withAgent } from '../../tenant/agents.ts'
import { openTenantRecords } from '../../tenant/fileRecords.ts'

/** What a provider answered. `silent`: it did not. */
type Explanation = { provider: bigint; decision: Why['decision'] | 'silent'; reasons: readonly RuleBreak[] }

export const orderWhyCommand = defineCommand({
  description:
    'Asks every provider that this machine knows what it decided about an order: those that answered, those of earlier orders, and those that the market names first.',
  examples: ['tender order why', 'tender order why 9c0d', 'tender order why --json'],
  arguments: { order: optional('the beginning of an order or lease id, the latest order unless told') },
  async run(context, { order: prefix }) {
    const { home, signal } = context
    const { name, profile, market } = await openMarket(context)
    const records = await openTenantRecords(marketDirectory(home, name))
    const record = await findOrder(records, prefix)
    const providers = await knownProviders(market, records, profile.bootstrap)
    context.progress.status(`asking ${providers.size} providers`)
    const place = { home, market, bootstrap: [] }
    const answers = await withAgent(place, record.order.agent, (node) =>
      Promise.all([...providers].map(([provider, peer]) => explain(node, { provider, peer }, record, signal))),
    )
    const asset = await getAsset(market, { asset: record.order.asset })
    return {
      order: record.id,
      name: record.name,
      asset,
      answers: answers.sort((a, b) => Number(a.provider - b.provider)),
    }
  },
  print({ order, name, asset, answers }, out) {
    out.line(`order ${shortId(order)} of ${name}`)
    for (const { provider, decision, reasons } of answers) {
      out.line(
        `  provider ${provider} ${decisionWords[decision]}${reasons.map((one) => `\n    ${reasonText(one, asset)}`).join('')}`,
      )
    }
    if (answers.length === 0) out.line('no provider is known')
  },
})

const decisionWords: Record<Explanation['decision'], string> = {
  bid: 'bid',
  declined: 'declined',
  undecided: 'has not decided',
  unknown: 'never saw it, or has forgotten',
  silent: 'does not answer',
}

async function knownProviders(
  market: MarketClient,
  { orders, leases }: TenantRecords,
  bootstrap: readonly string[],
): Promise<Map<bigint, Dialable>> {
  const known = new Map<bigint, Dialable>()
  for (const { provider: peer, terms } of await leases.all()) known.set(terms.provider, peer)
  for (const { answers } of await orders.all()) for (const { provider, from } of answers) known.set(provider, from)
  for (const address of bootstrap) {
    const peer = dialableAt(address)
    const provider = await findProvider(market, { operator: addressOfPublicKey(peer.publicKey) })
    // Last, since these are as fresh as the market's profile.
    if (provider) known.set(provider.id, peer)
  }
  return known
}

async function explain(
  node: NetworkNode,
  { provider, peer }: { provider: bigint; peer: Dialable },
  { id }: OrderRecord,
  signal: AbortSignal,
): Promise<Explanation> {
  try {
    return { provider, ...(await askWhy(node, peer, id, signal)) }
  } catch (error) {
    signal.throwIfAborted()
    if (failureClass(error) === 'internal') throw error
    return { provider, decision: 'silent', reasons: [] }
  }
}
