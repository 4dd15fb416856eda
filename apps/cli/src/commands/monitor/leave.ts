import { NotFoundError } from '@tender/protocol'
import { getMonitors, getNextReport, setMonitorWeight, unlockMonitor } from '@tender/sdk'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand } from '../../command.ts'
import { openAccountMarket } from '../../openMarket.ts'
import { takeStake } from '../../takeStake.ts'

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
    const { did, next } = await takeStake(market, monitor, { monitor })
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
