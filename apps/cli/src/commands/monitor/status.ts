import { askMonitor, type MonitorStatus } from '@tender/monitor'
import { failureClass, formatAmount } from '@tender/protocol'
import { createMarketClient, getAsset, getMonitors, getStake, type MarketClient } from '@tender/sdk'
import { exactTime } from '@tender/tenant'
import type { Address } from 'viem'
import { defineCommand, needed, type Out, setting, text } from '../../command.ts'
import { readMonitorConfig } from '../../monitorConfig.ts'
import { findAccount } from '../../openMarket.ts'

export const monitorStatusCommand = defineCommand({
  description:
    'Shows how a monitor on this machine is, as it says itself: its weight, what it watches, which report is agreed on now. If it does not run, the chain tells what it can about the monitor of the account.',
  examples: [
    'tender monitor status --config monitor.json',
    'tender monitor status --config monitor.json --account monitor --json',
  ],
  options: { config: needed(setting('file', 'its configuration, from `tender monitor init`', text)) },
  async run(context, { config: file }) {
    const { stateDir, rpcUrl, book } = await readMonitorConfig(file)
    const running = await ifRunning(stateDir)
    const market = await createMarketClient({ rpcUrl, book, signal: context.signal })
    const monitor = running?.monitor ?? (await findAccount(context, undefined)).address
    return { monitor, ...(await seatOf(market, monitor)), running }
  },
  print({ monitor, seat, bonded, locked, stakeToken, running }, out) {
    out.line(
      `monitor ${monitor}, ${formatAmount(bonded, stakeToken)} at stake, ${formatAmount(locked, stakeToken)} locked`,
    )
    if (!seat) out.line(out.paint('red', 'is not among the monitors: join with `tender monitor init`'))
    else {
      const soon = seat.nextWeight === seat.weight ? '' : `, ${seat.nextWeight} from era ${seat.nextFrom} by the clock`
      out.line(`weighs ${seat.weight}${soon}; dialled at ${seat.addresses[0] ?? 'an address it has not told yet'}`)
    }
    if (running) printRunning(running, out)
    else out.line(`${out.paint('yellow', 'does not run here')}: start it with \`tender monitor start\``)
  },
})

async function ifRunning(stateDir: string): Promise<MonitorStatus | undefined> {
  try {
    return await askMonitor(stateDir)
  } catch (error) {
    if (failureClass(error) === 'notFound') return undefined
    throw error
  }
}

async function seatOf(market: MarketClient, monitor: Address) {
  const [monitors, { bonded, locked }, stakeToken] = await Promise.all([
    getMonitors(market),
    getStake(market, { monitor, account: monitor }),
    getAsset(market, { asset: market.book.contracts.stakeToken }),
  ])
  return { seat: monitors.find(({ key }) => key === monitor), bonded, locked, stakeToken }
}

function printRunning(
  { watching, blind, head, agreement, lastReport, totalWeight, validates, jobs }: MonitorStatus,
  out: Out,
): void {
  out.line(out.paint('green', 'runs here'))
  out.line(
    `  watches    ${watching} leases${blind ? out.paint('red', ', but is cut off from the other monitors') : ''}`,
  )
  if (head) out.line(`  chain      block ${head.block}, ${exactTime(head.timestamp)}`)
  const { era, until, round, leader, batches, lastRefusal } = agreement
  const state =
    until === undefined ? 'runs' : `ended ${exactTime(until)}, round ${round ?? 0}, led by ${leader ?? 'nobody'}`
  out.line(`  era ${era}: ${state}; ${batches.length} batches are here`)
  if (lastRefusal !== undefined) out.line(out.paint('yellow', `  did not sign: ${lastRefusal}`))
  if (lastReport) out.line(`  last report: era ${lastReport.era}, until ${exactTime(lastReport.coveredUntil)}`)
  out.line(`  all monitors weigh ${totalWeight}`)
  out.line(`  jobs       ${validates.length > 0 ? `judged with ${validates.join(' and ')}` : 'not judged here'}`)
  for (const { lease, state, why } of jobs) out.line(`    ${lease}  ${state}${why === undefined ? '' : `: ${why}`}`)
}
