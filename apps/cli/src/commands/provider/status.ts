import { failureClass, formatAmount, formatDuration, formatPrice } from '@tender/protocol'
import { askControl, type ProviderConfig, type ProviderStatus } from '@tender/provider'
import { createMarketClient, getAsset, getCapacity, type MarketAsset } from '@tender/sdk'
import { printTable } from '../../cli/table.ts'
import { type Context, defineCommand, needed, type Out, setting, text } from '../../command.ts'
import { findAccount } from '../../openMarket.ts'
import { findOwnProvider } from '../../ownProvider.ts'
import { readProviderConfig } from '../../providerConfig.ts'
import { shortId } from '../../tenant/records.ts'
import { nowSeconds } from '../../tenant/tenant.ts'

export const providerStatusCommand = defineCommand({
  description:
    'Shows what a provider on this machine sells, runs and earns, as it says itself. If it does not run, the chain tells what it can about the provider of the account.',
  examples: [
    'tender provider status --config provider.json',
    'tender provider status --config provider.json --account operator --json',
  ],
  options: { config: needed(setting('file', 'its configuration', text)) },
  async run(context, { config: file }) {
    const config = await readProviderConfig(file)
    const status = (await askRunning(config.stateDir)) ?? (await statusFromChain(context, config))
    return { ...status, assets: status.running ? await assetsOf(context, config) : {} }
  },
  print(status, out) {
    const { provider, operator, capacity, running } = status
    out.line(`provider ${provider}, operator ${operator}`)
    if (running) out.line(out.paint('green', 'runs here'))
    else out.line(`${out.paint('yellow', 'does not run here')}: start it with \`tender provider start\``)
    printTable(out, ['CLASS', 'COMMITTED', 'LEASED', 'COMMITTED FOR'], capacity.map(capacityRow))
    if (status.running) printWork(status, out)
  },
})

/** By resource class, what it is sold for. */
type Assets = Readonly<Record<string, MarketAsset>>
type Running = ProviderStatus & { running: true }
type Stopped = Pick<ProviderStatus, 'provider' | 'operator' | 'capacity'> & { running: false }

async function askRunning(stateDir: string): Promise<Running | undefined> {
  try {
    // CAST: it comes from our own process, over a socket that only this account can open
    const status = JSON.parse(await askControl(stateDir)) as ProviderStatus
    return { running: true, ...status }
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

async function assetsOf({ signal }: Context, { rpcUrl, book, sales }: ProviderConfig): Promise<Assets> {
  const market = await createMarketClient({ rpcUrl, book, signal })
  const known = Object.entries(sales).map(async ([resource, [{ asset = book.assets[0] } = {}]]) =>
    asset === undefined ? [] : [[resource, await getAsset(market, { asset })] as const],
  )
  return Object.fromEntries((await Promise.all(known)).flat())
}

function capacityRow({ resource, committedUnits, leasedUnits, until }: ProviderStatus['capacity'][number]): string[] {
  const seconds = until - nowSeconds()
  return [resource, String(committedUnits), String(leasedUnits), seconds > 0 ? formatDuration(seconds) : 'over']
}

function printWork({ leases, answers, assets }: Running & { assets: Assets }, out: Out): void {
  out.line()
  if (leases.length === 0) out.line('no leases')
  else
    printTable(
      out,
      ['LEASE', 'CLASS', 'RATE', 'EARNED', 'PHASE'],
      leases.map((lease) => leaseRow(lease, assets)),
    )
  out.line()
  if (answers.length === 0) out.line('no orders yet')
  else printTable(out, ['ORDER', 'ANSWER', 'WHY NOT'], answers.map(answerRow))
}

function leaseRow(lease: ProviderStatus['leases'][number], assets: Assets): string[] {
  const { leaseId, resource, rate, earned, phase, reason } = lease
  const asset = assets[resource]
  const money = asset ? [formatPrice(BigInt(rate), asset), formatAmount(BigInt(earned), asset)] : [rate, earned]
  return [shortId(leaseId), resource, ...money, reason === undefined ? phase : `${phase}: ${reason}`]
}

function answerRow({ order, decision, reasons }: ProviderStatus['answers'][number]): string[] {
  return [shortId(order), decision, reasons.join('; ')]
}
