import { failureClass, formatAmount, formatDuration, formatPrice, formatSize } from '@tender/protocol'
import type { ProviderConfig, ProviderStatus } from '@tender/provider'
import { createMarketClient, getAsset, getAssets, getCapacity, type MarketAsset } from '@tender/sdk'
import { nowSeconds, shortId } from '@tender/tenant'
import type { Address } from 'viem'
import { printTable } from '../../cli/table.ts'
import { type Context, defineCommand, needed, type Out, setting, text } from '../../command.ts'
import { findAccount } from '../../openMarket.ts'
import { findOwnProvider } from '../../ownProvider.ts'
import { readProviderConfig } from '../../providerConfig.ts'
import { askRunning } from '../../runningProvider.ts'

/** As many days as a week has; `--json` has more. */
const EARNING_LINES = 7

export const providerStatusCommand = defineCommand({
  description:
    'Shows what a provider on this machine sells, runs, earns and declines, and how its host is, as it says itself. If it does not run, the chain tells what it can about the provider of the account.',
  examples: [
    'tender provider status --config provider.json',
    'tender provider status --config provider.json --account operator --json',
  ],
  options: { config: needed(setting('file', 'its configuration, from `tender provider init`', text)) },
  async run(context, { config: file }) {
    const config = await readProviderConfig(file)
    const status = (await ifRunning(config.stateDir)) ?? (await statusFromChain(context, config))
    const { stakeToken } = config.book.contracts
    return { ...status, stakeToken, assets: status.running ? await assetsOf(context, config) : [] }
  },
  print(status, out) {
    const { provider, operator, capacity, running } = status
    out.line(`provider ${provider}, operator ${operator}`)
    if (running) out.line(out.paint('green', 'runs here'))
    else out.line(`${out.paint('yellow', 'does not run here')}: start it with \`tender provider start\``)
    if (status.running) printHost(status, out)
    if (status.running && status.standing) printStanding(status, status.standing, out)
    printTable(out, ['CLASS', 'COMMITTED', 'LEASED', 'USED', 'COMMITTED FOR'], capacity.map(capacityRow))
    if (status.running) printWork(status, out)
  },
})

type Running = ProviderStatus & { running: true }
type Stopped = Pick<ProviderStatus, 'provider' | 'operator' | 'capacity'> & { running: false }
type Shown = Running & { stakeToken: Address; assets: readonly MarketAsset[] }

async function ifRunning(stateDir: string): Promise<Running | undefined> {
  try {
    return { running: true, ...(await askRunning(stateDir)) }
  } catch (error) {
    if (failureClass(error) === 'notFound') return undefined
    throw error
  }
}

async function statusFromChain(context: Context, { rpcUrl, book, sales }: ProviderConfig): Promise<Stopped> {
  const market = await createMarketClient({ rpcUrl, book, signal: context.signal })
  const { address } = await findAccount(context, undefined)
  const { id, operator = 'none' } = await findOwnProvider(market, address)
  const capacity = Object.keys(sales).map(async (resource) => {
    const { committed, leased, until } = await getCapacity(market, { provider: id, resource })
    return { resource, committedUnits: committed, leasedUnits: leased, until }
  })
  return { running: false, provider: id.toString(), operator, capacity: await Promise.all(capacity) }
}

async function assetsOf({ signal }: Context, { rpcUrl, book }: ProviderConfig): Promise<MarketAsset[]> {
  const market = await createMarketClient({ rpcUrl, book, signal })
  return [...(await getAssets(market)), await getAsset(market, { asset: book.contracts.stakeToken })]
}

function printStanding(status: Shown, standing: NonNullable<Shown['standing']>, out: Out): void {
  const { era, score, level, rewards, slashed } = standing
  const sums = [`${amountOf(rewards, status.stakeToken, status)} of rewards so far`]
  if (slashed !== '0') sums.push(`${amountOf(slashed, status.stakeToken, status)} slashed`)
  out.line(`score ${score}, level ${level}, ${sums.join(', ')}, as of era ${era}`)
  out.line()
}

function printHost({ drivers, relays }: Shown, out: Out): void {
  for (const { kind, healthy, reason, cpuMilli, memoryBytes, diskBytesFree, gpus } of drivers) {
    if (!healthy) out.line(`${kind}: ${out.paint('red', 'does not work')}: ${reason}`)
    else {
      const words = [
        ...(cpuMilli ? [`${cpuMilli.free / 1000} of ${cpuMilli.total / 1000} cores idle`] : []),
        ...(memoryBytes ? [`${formatSize(memoryBytes.free)} of ${formatSize(memoryBytes.total)} of memory free`] : []),
        ...(diskBytesFree === undefined ? [] : [`${formatSize(diskBytesFree)} of disk free`]),
        ...Object.entries(gpus ?? {}).map(([resource, count]) => `${count} ${resource}`),
      ]
      out.line(`${kind}: ${words.join(', ')}`)
    }
  }
  for (const address of relays) out.line(`through the relay ${address}`)
  out.line()
}

function capacityRow({ resource, committedUnits, leasedUnits, until }: ProviderStatus['capacity'][number]): string[] {
  const seconds = until - nowSeconds()
  const used = committedUnits === 0 ? '' : `${Math.round((100 * leasedUnits) / committedUnits)} %`
  return [resource, String(committedUnits), String(leasedUnits), used, seconds > 0 ? formatDuration(seconds) : 'over']
}

function printWork(status: Shown, out: Out): void {
  const { leases, jobs, earnings, refusals, answers } = status
  const section = (empty: string, headings: string[], rows: string[][]) => {
    out.line()
    if (rows.length === 0) out.line(empty)
    else printTable(out, headings, rows)
  }
  section(
    'no leases',
    ['LEASE', 'CLASS', 'RATE', 'SERVED', 'EARNED', 'ENDS IN', 'PHASE'],
    leases.map((lease) => leaseRow(lease, status)),
  )
  if (jobs.length > 0) {
    section(
      '',
      ['JOB', 'CLASS', 'TASKS DONE', 'EARNED', 'DEADLINE IN', 'PHASE'],
      jobs.map((job) => jobRow(job, status)),
    )
  }
  if (earnings.length > 0) {
    const days = earnings.slice(0, EARNING_LINES)
    section(
      '',
      ['DAY', 'EARNED, BEFORE FEES'],
      days.map((one) => [one.day, amountOf(one.amount, one.asset, status)]),
    )
  }
  section('no orders yet', ['ORDER', 'ANSWER', 'WHY NOT'], answers.map(answerRow))
  if (refusals.length > 0) {
    section(
      '',
      ['DECLINED', 'WHY'],
      refusals.map(({ message, count }) => [String(count), message]),
    )
  }
}

function amountOf(amount: string, asset: string, { assets }: Shown): string {
  const known = assets.find(({ address }) => address === asset)
  return known ? formatAmount(BigInt(amount), known) : amount
}

function leaseRow(lease: ProviderStatus['leases'][number], status: Shown): string[] {
  const { leaseId, resource, rate, earned, phase, reason, asset, stop, warnings, reported } = lease
  const known = status.assets.find(({ address }) => address === asset)
  const seconds = stop - nowSeconds()
  const owing = reported?.credit ?? '0'
  const credit = owing === '0' ? [] : [`its tenant is credited ${amountOf(owing, status.stakeToken, status)} of stake`]
  return [
    shortId(leaseId),
    resource,
    known ? formatPrice(BigInt(rate), known) : rate,
    servedWords(lease),
    amountOf(earned, asset, status),
    seconds > 0 ? formatDuration(seconds) : 'over',
    [reason === undefined ? phase : `${phase}: ${reason}`, ...credit, ...warnings].join('; '),
  ]
}

function jobRow(job: ProviderStatus['jobs'][number], status: Shown): string[] {
  const { leaseId, resource, tasks, done, failed, earned, asset, deadline, phase, reason } = job
  const seconds = deadline === undefined ? 0 : deadline - nowSeconds()
  return [
    shortId(leaseId),
    resource,
    `${done} of ${tasks}${failed > 0 ? `, ${failed} failed` : ''}`,
    amountOf(earned, asset, status),
    seconds > 0 ? formatDuration(seconds) : 'over',
    reason === undefined ? phase : `${phase}: ${reason}`,
  ]
}

/** Of the time that reports cover, the share in which monitors saw it serve. */
function servedWords({ monitored, reported, start, stop }: ProviderStatus['leases'][number]): string {
  if (!monitored) return 'by time'
  if (!reported) return 'no report yet'
  const seconds = Math.min(stop, reported.coveredUntil) - start
  return seconds <= 0 ? '' : `${Math.floor((100 * reported.servedSeconds) / seconds)} %`
}

function answerRow({ order, decision, reasons }: ProviderStatus['answers'][number]): string[] {
  return [shortId(order), decision, reasons.join('; ')]
}
