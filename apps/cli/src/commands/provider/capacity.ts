import { formatAmount, formatDuration, parseDuration, TenderError } from '@tender/protocol'
import {
  commitCapacity,
  getAsset,
  getCapacity,
  getProvider,
  getResource,
  getStake,
  type MarketClient,
  uncommitCapacity,
} from '@tender/sdk'
import { nowSeconds } from '@tender/tenant'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, optional, setting, text, wholeNumber } from '../../command.ts'
import { findAccount, openAccountMarket, openMarket } from '../../openMarket.ts'
import { findOwnProvider } from '../../ownProvider.ts'

const DEFAULT_CLASS = 'cu'
const DEFAULT_COMMITMENT = 90 * 86_400

export const providerCapacityCommand = defineCommand({
  description:
    "Shows what a provider offers of a resource class, or changes it. `commit` adds units and locks stake for each; `uncommit` takes back what is not leased and unlocks its stake. The account is the provider's owner or operator.",
  examples: [
    'tender provider capacity --account operator',
    'tender provider capacity commit 8 --for 365d --account owner',
    'tender provider capacity uncommit 4 --class cu --account owner',
  ],
  arguments: { change: optional('commit or uncommit'), units: optional('how many units') },
  options: {
    class: setting('class', `the resource class, ${DEFAULT_CLASS} unless told`, text),
    for: setting('time', `how long to commit them, ${formatDuration(DEFAULT_COMMITMENT)} unless told`, parseDuration),
  },
  async run(context, { change, units: written, class: resource = DEFAULT_CLASS, for: seconds = DEFAULT_COMMITMENT }) {
    if (change === undefined) {
      const { market, profile } = await openMarket(context)
      const { address } = await findAccount(context, profile.account)
      return describe(market, (await findOwnProvider(market, address)).id, resource)
    }
    const units = unitsOf(change, written)
    const { market, account } = await openAccountMarket(context)
    const provider = (await findOwnProvider(market, account.address)).id
    await confirm(context, `${change === 'commit' ? 'Commit' : 'Take back'} ${units} units of ${resource}?`)
    context.progress.status('waiting for the chain')
    if (change === 'uncommit') await uncommitCapacity(market, { provider, resource, units })
    else {
      // A commitment never ends earlier than it was said to.
      const { until } = await getCapacity(market, { provider, resource })
      await commitCapacity(market, { provider, resource, units, until: Math.max(until, nowSeconds() + seconds) })
    }
    return describe(market, provider, resource)
  },
  print({ provider, resource, committed, leased, until, stake, stakePerUnit, stakeToken }, out) {
    const seconds = until - nowSeconds()
    const last = committed === 0 || seconds <= 0 ? '' : `, for ${formatDuration(seconds)}`
    out.line(`provider ${provider} commits ${committed} units of ${resource}${last}: ${leased} are leased`)
    out.line(
      `stake ${formatAmount(stake.bonded, stakeToken)}: ${formatAmount(stake.locked, stakeToken)} locked, ${formatAmount(stake.free, stakeToken)} free; a unit needs ${formatAmount(stakePerUnit, stakeToken)}`,
    )
  },
})

async function describe(market: MarketClient, provider: bigint, resource: string) {
  const { owner } = await getProvider(market, { provider })
  const [{ committed, leased, free, until }, { bonded, locked, free: unlocked }, { stakePerUnit }, stakeToken] =
    await Promise.all([
      getCapacity(market, { provider, resource }),
      getStake(market, { provider, account: owner }),
      getResource(market, { resource }),
      getAsset(market, { asset: market.book.contracts.stakeToken }),
    ])
  const stake = { bonded, locked, free: unlocked }
  return { provider, resource, committed, leased, free, until, stake, stakePerUnit, stakeToken }
}

function unitsOf(change: string, written: string | undefined): number {
  if ((change === 'commit' || change === 'uncommit') && written !== undefined) return wholeNumber(written)
  throw new TenderError(`\`tender provider capacity ${change}\` is not understood`, {
    code: 'usage',
    class: 'user',
    hint: 'Write `tender provider capacity commit 8`, or `uncommit`.',
  })
}
