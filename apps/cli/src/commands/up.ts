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
import { type Plan, shortId } from '@tender/tenant'
import type { Hex } from 'viem'
import { type Applied, applyPlan, orderAnother } from '../applyPlan.ts'
import { defineCommand, type Out, optional, setting, toggle } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { openAccountMarket } from '../openMarket.ts'
import { alone } from '../tenant/alone.ts'
import { readPlan } from '../tenant/readPlan.ts'

/** Where Compose itself looks, in its order. */
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

/** Long enough for providers anywhere to answer, short enough to wait for. */
const DEFAULT_AUCTION_SECONDS = 2

/** Time to take in the new lease's traffic before the old one goes. */
const DEFAULT_HANDOVER_SECONDS = 60

/** Nobody watches a terminal for longer, and bids made for longer are dear. */
const MAX_AUCTION_SECONDS = 3600

export const upCommand = defineCommand({
  description:
    'Orders what a Compose file with an x-tender block describes, takes bids, chooses the best, opens the leases, sends the files and waits until it answers. Run again it goes on where it was cut short, and never orders twice what runs already. Run again with a changed file it says what changed and asks: what runs is updated in place without a break; other units, class, tier, price or duration take a new order, whose lease replaces the old one; more replicas are ordered, fewer are closed.',
  examples: [
    'tender up',
    'tender up examples/hello/compose.yaml',
    'tender up --max-price "0.02 USDC/h" --duration 30m --auction 5s',
    'tender up --handover 5m',
    'tender up --yes --json | jq -r .url',
  ],
  arguments: { file: optional(`a Compose file, else ${COMPOSE_FILES.join(', ')}`) },
  options: {
    auction: setting('time', `how long to take bids at most, ${DEFAULT_AUCTION_SECONDS}s unless told`, auctionTime),
    maxPrice: setting('price', 'instead of max-price in the file', readPrice),
    duration: setting('time', 'instead of duration in the file', leaseTime),
    handover: setting(
      'time',
      `how long a lease that is replaced serves on, ${formatDuration(DEFAULT_HANDOVER_SECONDS)} unless told`,
      parseDuration,
    ),
    update: toggle('send it although it is unchanged, for secrets with new values'),
    replace: toggle('replace what runs by a new order, although it could be updated'),
    new: toggle('order another, although it runs already'),
  },
  async run(
    context,
    { file = findComposeFile(), auction, maxPrice, duration, handover, update, replace, new: another },
  ) {
    const read = async (volumesOf?: Hex): Promise<Plan> => {
      const plan = await readPlan(file, { volumesOf, signal: context.signal })
      const { tender } = plan
      const terms = { maxPrice: maxPrice ?? tender.maxPrice, durationSeconds: duration ?? tender.durationSeconds }
      return { ...plan, tender: { ...tender, ...terms } }
    }
    const plan = await read()
    context.progress.status('connecting')
    const opened = await openAccountMarket(context)
    const options = {
      auctionSeconds: auction ?? DEFAULT_AUCTION_SECONDS,
      handoverSeconds: handover ?? DEFAULT_HANDOVER_SECONDS,
      always: update,
      replace,
      planWith: read,
    }
    if (another) return resultOf(plan.name, await orderAnother(context, opened, plan, options))
    return alone(marketDirectory(context.home, opened.name), plan.composeFile, async () =>
      resultOf(plan.name, await applyPlan(context, opened, plan, options)),
    )
  },
  print: printResult,
})

/** What `up` ends with. */
type UpResult = {
  order: string
  name: string
  action: Applied['action']
  /** True if it went on with an order of before. */
  resumed: boolean
  leases: { leaseId: string; provider: bigint; rate: bigint; revision: number; url: string | undefined }[]
  url: string | undefined
  httpStatus: number | undefined
  stepsMs: Record<string, number>
  asset: { symbol: string; decimals: number }
}

function resultOf(name: string, { leases, action, ...applied }: Applied): UpResult {
  const shown = leases.map(({ leaseId, terms, url, revision = 0 }) => ({
    leaseId,
    provider: terms.provider,
    rate: terms.rate,
    revision,
    url,
  }))
  return { ...applied, name, action, resumed: action !== 'ordered', leases: shown, url: shown[0]?.url }
}

function printResult({ name, leases, asset }: UpResult, out: Out): void {
  for (const { leaseId, provider, rate, url, revision } of leases) {
    const where = url === undefined ? '' : `: ${out.paint('cyan', url)}`
    const version = revision === 0 ? '' : `, version ${revision}`
    out.line(`${out.paint('green', `${name} runs${version}`)}${where}`)
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
