import { countryCode, formatPrice, type RuleBreak } from '@tender/protocol'
import { getAsset } from '@tender/sdk'
import { chooseBids, findOrder, type JudgedBid, nowSeconds, shortId } from '@tender/tenant'
import { printTable } from '../cli/table.ts'
import { defineCommand, optional } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { openMarket } from '../openMarket.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'

export const bidsCommand = defineCommand({
  description:
    'Shows what was bid for an order, the best first. A trusted provider may win with a higher price: what is compared is the price less what its trust level forgives.',
  examples: ['tender bids', 'tender bids 9c0d', 'tender bids --json'],
  arguments: { order: optional('the beginning of an order or lease id, the latest order unless told') },
  async run(context, { order: prefix }) {
    const { name, market } = await openMarket(context)
    const records = await openTenantRecords(marketDirectory(context.home, name))
    const record = await findOrder(records, prefix)
    const asset = await getAsset(market, { asset: record.order.asset })
    // Bids are judged as when they were made: later they have all expired.
    const at = Math.min(nowSeconds(), record.order.auctionEnd)
    const { chosen, spares, disqualified, declined } = await chooseBids({ market }, record, at)
    const leases = await Promise.all(record.leases.map((id) => records.leases.get(id)))
    const winners = new Set(leases.map((lease) => lease?.terms.provider))
    const bids = [...new Set([...chosen, ...spares, ...disqualified])].map((bid, index) => ({
      ...bidOf(bid),
      rank: bid.broken.length > 0 ? undefined : index + 1,
      won: winners.has(bid.provider),
    }))
    return { order: record.id, name: record.name, asset, bids, declined }
  },
  print({ order, name, asset, bids, declined }, out) {
    out.line(`order ${shortId(order)} of ${name}`)
    if (bids.length + declined.length === 0) return out.line('no provider answered')
    const rows = bids.map(({ rank, provider, country, level, price, score, won, broken }) => [
      rank === undefined ? '-' : String(rank),
      String(provider),
      country,
      String(level),
      formatPrice(price, asset),
      formatPrice(score, asset),
      broken.length > 0 ? `does not qualify: ${reasonsText(broken)}` : won ? 'won' : '',
    ])
    if (rows.length > 0) printTable(out, ['RANK', 'PROVIDER', 'COUNTRY', 'LEVEL', 'PRICE', 'COUNTS AS', ''], rows)
    for (const { provider, reasons } of declined) out.line(`provider ${provider} declined: ${reasonsText(reasons)}`)
  },
})

function bidOf({ provider, offer, level, country, score, broken }: JudgedBid) {
  return { provider, price: offer.price, level, country: countryCode(country), score, broken }
}

function reasonsText(reasons: readonly RuleBreak[]): string {
  return reasons.map(({ message }) => message).join('; ')
}
