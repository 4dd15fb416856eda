import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  formatDuration,
  formatPrice,
  InvalidInputError,
  NotFoundError,
  parseDuration,
  readPrice,
} from '@tender/protocol'
import { getAsset } from '@tender/sdk'
import { zeroAddress } from 'viem'
import { confirm } from '../cli/prompts.ts'
import { showUp } from '../cli/showUp.ts'
import { type Context, defineCommand, type Out, optional, setting, toggle } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { type AccountMarket, openAccountMarket } from '../openMarket.ts'
import { startTenant } from '../startTenant.ts'
import { alone } from '../tenant/alone.ts'
import { checkSamePlan, describePlan } from '../tenant/describePlan.ts'
import { type EarlierOrder, findEarlier } from '../tenant/findEarlier.ts'
import { type Plan, readPlan } from '../tenant/plan.ts'
import { openTenantRecords, shortId, type TenantLease } from '../tenant/records.ts'
import { checkFunds, orderOf, resumeOrder, type UpOptions, up } from '../tenant/up.ts'

/** Where Compose itself looks, in its order. */
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

/** Long enough for providers anywhere to answer, short enough to wait for. */
const DEFAULT_AUCTION_SECONDS = 2

/** Nobody watches a terminal for longer, and bids made for longer are dear. */
const MAX_AUCTION_SECONDS = 3600

export const upCommand = defineCommand({
  description:
    'Orders what a Compose file with an x-tender block describes, takes bids, chooses the best, opens the leases, sends the files and waits until it answers. Run again it goes on where it was cut short, and never orders twice what runs already.',
  examples: [
    'tender up',
    'tender up examples/hello/compose.yaml',
    'tender up --max-price "0.02 USDC/h" --duration 30m --auction 5s',
    'tender up --yes --json | jq -r .url',
  ],
  arguments: { file: optional(`a Compose file, else ${COMPOSE_FILES.join(', ')}`) },
  options: {
    auction: setting('time', `how long to take bids, ${DEFAULT_AUCTION_SECONDS}s unless told`, auctionTime),
    maxPrice: setting('price', 'instead of max-price in the file', readPrice),
    duration: setting('time', 'instead of duration in the file', leaseTime),
    new: toggle('order another, although it runs already'),
  },
  async run(context, { file, auction = DEFAULT_AUCTION_SECONDS, maxPrice, duration, new: another }) {
    const written = await readPlan(file ?? findComposeFile())
    const tender = { ...written.tender, maxPrice: maxPrice ?? written.tender.maxPrice }
    const plan = { ...written, tender: { ...tender, durationSeconds: duration ?? tender.durationSeconds } }
    context.progress.status('connecting')
    const opened = await openAccountMarket(context)
    if (another) return orderAnew(context, opened, plan, auction)
    return alone(marketDirectory(context.home, opened.name), plan.composeFile, async () => {
      const earlier = await earlierOf(context, opened, plan)
      return earlier ? goOn(context, opened, earlier) : orderAnew(context, opened, plan, auction)
    })
  },
  print: printResult,
})

/** What `up` ends with. */
type UpResult = {
  order: string
  name: string
  /** True if it went on with an order of before. */
  resumed: boolean
  leases: { leaseId: string; provider: bigint; rate: bigint; url: string | undefined }[]
  url: string | undefined
  httpStatus: number | undefined
  stepsMs: Record<string, number>
  asset: { symbol: string; decimals: number }
}

async function orderAnew(context: Context, opened: AccountMarket, plan: Plan, auctionSeconds: number) {
  const { name, market, profile } = opened
  const order = await orderOf(market, plan, { agent: zeroAddress, auctionSeconds })
  const asset = await getAsset(market, { asset: order.asset })
  for (const line of describePlan(plan, order, asset)) context.progress.line(line)
  await checkFunds(market, order, asset)
  await confirm(context, 'Order it?')

  context.progress.status('looking for peers')
  const tenant = await startTenant(context, { name, market, bootstrap: profile.bootstrap })
  try {
    const { record, leases, httpStatus, stepsMs } = await watched(context, [], (options) =>
      up(tenant, plan, { ...options, auctionSeconds }),
    )
    return resultOf({ order: record.id, name: record.name, resumed: false, httpStatus, stepsMs, asset }, leases)
  } finally {
    await tenant.close()
  }
}

async function goOn(context: Context, opened: AccountMarket, earlier: EarlierOrder): Promise<UpResult> {
  const { name, market, profile } = opened
  const { record } = earlier
  const asset = await getAsset(market, { asset: record.order.asset })
  context.progress.line(`${record.name} was ordered before: going on with order ${shortId(record.id)}`)
  const agent = record.order.agent
  const tenant = await startTenant(context, { name, market, bootstrap: profile.bootstrap, agent })
  try {
    const { leases, httpStatus, stepsMs } = await watched(context, earlier.leases, (options) =>
      resumeOrder(tenant, earlier, options),
    )
    return resultOf({ order: record.id, name: record.name, resumed: true, httpStatus, stepsMs, asset }, leases)
  } finally {
    await tenant.close()
  }
}

async function earlierOf(context: Context, opened: AccountMarket, plan: Plan): Promise<EarlierOrder | undefined> {
  const { name, market, account } = opened
  const records = await openTenantRecords(marketDirectory(context.home, name))
  const earlier = await findEarlier({ market, records }, plan.composeFile, account.address)
  if (earlier) {
    const wanted = await orderOf(market, plan, { agent: zeroAddress, auctionSeconds: 0 })
    checkSamePlan(plan, wanted, earlier)
  }
  return earlier
}

/** Shows what happens, and what costs money although it failed. */
async function watched<Result>(
  { progress, signal }: Context,
  before: readonly TenantLease[],
  work: (options: Omit<UpOptions, 'auctionSeconds'>) => Promise<Result>,
): Promise<Result> {
  const shown = showUp(progress, before)
  try {
    return await work({ onEvent: shown.onEvent, signal })
  } catch (error) {
    for (const line of shown.leftovers()) progress.line(line)
    throw error
  } finally {
    progress.status(undefined)
  }
}

function resultOf(result: Omit<UpResult, 'leases' | 'url'>, leases: readonly TenantLease[]): UpResult {
  const opened = leases.map(({ leaseId, terms, url }) => ({ leaseId, provider: terms.provider, rate: terms.rate, url }))
  return { ...result, leases: opened, url: opened[0]?.url }
}

function printResult({ name, leases, asset }: UpResult, out: Out): void {
  for (const { leaseId, provider, rate, url } of leases) {
    const where = url === undefined ? '' : `: ${out.paint('cyan', url)}`
    out.line(`${out.paint('green', `${name} runs`)}${where}`)
    const id = shortId(leaseId)
    out.line(
      out.paint(
        'dim',
        `lease ${id}, provider ${provider}, ${formatPrice(rate, asset)}; end it with \`tender close ${id}\``,
      ),
    )
  }
}

function findComposeFile(): string {
  const found = COMPOSE_FILES.find((file) => existsSync(resolve(file)))
  if (found !== undefined) return found
  throw new NotFoundError(`there is no Compose file in ${resolve('.')}`, {
    code: 'fileNotFound',
    hint: `Name one, or write ${COMPOSE_FILES[0]}: see docs/manifest.md.`,
  })
}

/** The chain counts whole seconds. */
function auctionTime(written: string): number {
  const seconds = Math.max(1, parseDuration(written))
  if (seconds <= MAX_AUCTION_SECONDS) return seconds
  throw new InvalidInputError(`an auction lasts at most ${formatDuration(MAX_AUCTION_SECONDS)}`, [])
}

function leaseTime(written: string): number {
  const seconds = parseDuration(written)
  if (seconds > 0) return seconds
  throw new InvalidInputError('a lease lasts a second or more', [])
}
