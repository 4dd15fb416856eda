import { formatAmount, NotFoundError } from '@tender/protocol'
import { type Dispute, findDisputes, getAsset, getNextReport, type MarketAsset } from '@tender/sdk'
import { shortId } from '@tender/tenant'
import { printTable } from '../../cli/table.ts'
import { defineCommand, optional } from '../../command.ts'
import { openMarket } from '../../openMarket.ts'

export const disputeShowCommand = defineCommand({
  description:
    'Shows disputes: which lease and era are to be recounted, for what bond, and how it came out. All from the chain.',
  examples: ['tender dispute show', 'tender dispute show 4', 'tender dispute show --json'],
  arguments: { dispute: optional('its number, all unless told') },
  async run(context, { dispute: written }) {
    const { market } = await openMarket(context)
    const [all, stakeToken, { era: nextEra }] = await Promise.all([
      findDisputes(market),
      getAsset(market, { asset: market.book.contracts.stakeToken }),
      getNextReport(market),
    ])
    const disputes = all.filter(({ dispute }) => written === undefined || dispute.toString() === written)
    if (written !== undefined && disputes.length === 0) {
      throw new NotFoundError(`there is no dispute ${written}`, { code: 'unknownDispute', data: { known: all.length } })
    }
    return { disputes, stakeToken, nextEra }
  },
  print({ disputes, stakeToken }, out) {
    if (disputes.length === 0) {
      out.line('no disputes')
      return
    }
    const rows = disputes.map((one) => [
      String(one.dispute),
      shortId(one.lease),
      String(one.era),
      one.opener,
      formatAmount(one.bond, stakeToken),
      outcomeOf(one, stakeToken),
    ])
    printTable(out, ['DISPUTE', 'LEASE', 'ERA', 'OPENED BY', 'BOND', 'OUTCOME'], rows)
  },
})

function outcomeOf({ outcome }: Dispute, stakeToken: MarketAsset): string {
  if (!outcome) return 'open: the next report recounts'
  const { upheld, returned } = outcome
  if (upheld) return `upheld, ${formatAmount(returned, stakeToken)} came back`
  return returned > 0n ? 'nobody recounted; the bond came back' : 'the recount changed nothing; the bond is lost'
}
