import { formatAmount, NotFoundError } from '@tender/protocol'
import {
  findUnbonding,
  getAsset,
  getChainTime,
  getMonitors,
  getNextReport,
  getStake,
  type MarketClient,
  setMonitorWeight,
  unlockMonitor,
  unstake,
  withdrawStake,
} from '@tender/sdk'
import { clockTime } from '@tender/tenant'
import type { Address } from 'viem'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand } from '../../command.ts'
import { openAccountMarket } from '../../openMarket.ts'

/** What a run did, in words, and what the next one will do once it can. */
type Leaving = { did: string[]; next: string | undefined }

export const monitorLeaveCommand = defineCommand({
  description:
    'Takes the account out of the monitors and its stake out of the market, as far as that can be done now: it leaves, an era later its stake is unlocked and asked back, and after the unbonding delay paid out. Run it again for what was left. Until it no longer counts, let the monitor run on.',
  examples: ['tender monitor leave --account monitor', 'tender monitor leave --account monitor --yes --json'],
  async run(context) {
    const { market, account } = await openAccountMarket(context)
    const monitor = account.address
    const seat = (await getMonitors(market)).find(({ key }) => key === monitor)
    if (seat && seat.nextWeight > 0) {
      await confirm(context, `Leave the monitors, with a weight of ${seat.nextWeight}?`)
      const { nextFrom } = await setMonitorWeight(market, { weight: 0 })
      return { monitor, did: ['left'], next: countsUntil(nextFrom) }
    }
    if (seat) {
      const { clockEra } = await getNextReport(market)
      if (clockEra < seat.nextFrom) return { monitor, did: [], next: countsUntil(seat.nextFrom) }
      await unlockMonitor(market, { index: seat.index })
    }
    const { did, next } = await takeStake(market, monitor)
    const all = [...(seat ? ['unlocked its stake'] : []), ...did]
    if (all.length > 0 || next !== undefined) return { monitor, did: all, next }
    throw new NotFoundError(`${monitor} is no monitor and has no stake as one`, {
      code: 'notMonitor',
      hint: 'Name the right account with --account.',
    })
  },
  print({ monitor, did, next }, out) {
    out.line(`${monitor} ${did.length > 0 ? did.join(', ') : 'has to wait'}`)
    if (next !== undefined) out.line(`  ${next}`)
  },
})

function countsUntil(era: number): string {
  return `it counts until era ${era} by the clock: run this again then, and the monitor until then`
}

async function takeStake(market: MarketClient, account: Address): Promise<Leaving> {
  const { stakeToken } = market.book.contracts
  const [{ shares }, asset, { timestamp }] = await Promise.all([
    getStake(market, { monitor: account, account }),
    getAsset(market, { asset: stakeToken }),
    getChainTime(market),
  ])
  const did: string[] = []
  if (shares > 0n) {
    await unstake(market, { monitor: account, shares })
    did.push('asked its stake back')
  }
  const unbonding = await findUnbonding(market, { account })
  for (const { request } of unbonding.filter(({ availableAt }) => availableAt <= timestamp)) {
    const { amount } = await withdrawStake(market, { request })
    did.push(`got ${formatAmount(amount, asset)}`)
  }
  const later = unbonding.filter(({ availableAt }) => availableAt > timestamp).map(({ availableAt }) => availableAt)
  return { did, next: later.length === 0 ? undefined : `the rest can be had from ${clockTime(Math.min(...later))} on` }
}
