import { formatAmount } from '@tender/protocol'
import { printTable } from '../../cli/table.ts'
import { defineCommand } from '../../command.ts'
import { leftOf, rewardsOf } from '../../monitors/rewardsOf.ts'
import { nameOfRewarded, rewardedOptions, whoIsRewarded } from '../../monitors/whoIsRewarded.ts'
import { withMonitors } from '../../monitors/withMonitors.ts'
import { findAccount, openMarket } from '../../openMarket.ts'

export const rewardsShowCommand = defineCommand({
  description:
    'Shows what reports award a provider (new stake tokens) or a monitor (its part of the fees), what was paid of it, and what is left to claim. Proven against the chain.',
  examples: [
    'tender rewards show --account operator',
    'tender rewards show --provider 3',
    'tender rewards show --json',
  ],
  options: rewardedOptions,
  async run(context, input) {
    const opened = await openMarket(context)
    const own = async () => (await findAccount(context, opened.profile.account)).address
    const rewarded = await whoIsRewarded(opened.market, input, own)
    return withMonitors(context, opened, async (monitors) => {
      const all = await Promise.all(
        rewarded.map(async (who) => {
          const { era, awards } = await rewardsOf(monitors, opened.market, who)
          const sums = awards.map(({ asset, awarded, claimed }) => ({
            ...{ asset, awarded, claimed },
            left: leftOf({ awarded, claimed }),
          }))
          return { ...who, name: nameOfRewarded(who), era, awards: sums }
        }),
      )
      return { rewarded: all }
    })
  },
  print({ rewarded }, out) {
    for (const { name, era, awards } of rewarded) {
      out.line(`${name}, as of era ${era}`)
      const rows = awards.map(({ asset, awarded, claimed, left }) =>
        [awarded, claimed, left].map((amount) => formatAmount(amount, asset)),
      )
      if (rows.length > 0) printTable(out, ['AWARDED', 'CLAIMED', 'LEFT'], rows)
      else out.line('  nothing so far')
    }
  },
})
