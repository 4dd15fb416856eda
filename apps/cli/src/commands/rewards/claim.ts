import { formatAmount } from '@tender/protocol'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand } from '../../command.ts'
import { leftOf, rewardsOf } from '../../monitors/rewardsOf.ts'
import { nameOfRewarded, rewardedOptions, whoIsRewarded } from '../../monitors/whoIsRewarded.ts'
import { withMonitors } from '../../monitors/withMonitors.ts'
import { openAccountMarket } from '../../openMarket.ts'

export const rewardsClaimCommand = defineCommand({
  description:
    "Pays out what reports award and nobody claimed yet: a provider's into its pool of stake, a monitor's to its key. Anybody may claim for anybody; the account pays the transaction and gets nothing of it.",
  examples: ['tender rewards claim --account operator', 'tender rewards claim --provider 3 --yes --json'],
  options: rewardedOptions,
  async run(context, input) {
    const opened = await openAccountMarket(context)
    const { market, account } = opened
    const rewarded = await whoIsRewarded(market, input, async () => account.address)
    return withMonitors(context, opened, async (monitors) => {
      const due = []
      for (const who of rewarded) {
        const { awards } = await rewardsOf(monitors, market, who)
        for (const award of awards) if (leftOf(award) > 0n) due.push({ who, award })
      }
      const sums = due.map(({ award }) => formatAmount(leftOf(award), award.asset))
      if (due.length > 0) await confirm(context, `Claim ${sums.join(', ')}?`)
      const claims = []
      for (const { who, award } of due) {
        const { paid, transaction } = await award.claim(market)
        claims.push({ ...who, name: nameOfRewarded(who), asset: award.asset, paid, transaction })
      }
      return { claims }
    })
  },
  print({ claims }, out) {
    if (claims.length === 0) out.line('nothing is left to claim')
    for (const { name, asset, paid } of claims) out.line(`${name} got ${formatAmount(paid, asset)}`)
  },
})
