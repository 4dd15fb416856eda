import { formatPrice, InvalidInputError, readPrice, TenderError, type WrittenAmount } from '@tender/protocol'
import { getResource, type MarketAsset, type MarketClient } from '@tender/sdk'
import { askText } from '../cli/prompts.ts'
import { type Context, wholeNumber } from '../command.ts'
import { inMarketAsset } from '../writtenAmount.ts'
import type { ClassSale, SalePricing } from './draftConfig.ts'
import type { Machine } from './inspectMachine.ts'
import { type ProposedPrice, proposePrice } from './proposePrice.ts'
import { proposeUnits } from './proposeUnits.ts'

/** How much of a resource class is offered. */
export type ClassUnits = { resource: string; units: number }

/** A resource class as it will be offered. */
export type ClassOffer = ClassSale & {
  units: number
  /** Where the price comes from. */
  because: string
}

/** What was said on the command line; the rest is proposed. */
export type SaidOffer = {
  /** The one class to offer; absent: compute units, and the graphics cards that the market lists. */
  class?: string | undefined
  units?: number | undefined
  price?: WrittenAmount | undefined
  gpuPrice?: WrittenAmount | undefined
  /** Prices follow the market within half and twice of what they begin with. */
  follow: boolean
}

export type OfferSources = { market: MarketClient; machine: Machine; asset: MarketAsset }

const DEFAULT_CLASS = 'cu'

/**
 * Decides how much a machine offers of what its configuration sells: prices stay as they are written there.
 *
 * @throws {TenderError} `unitsNeeded`
 */
export async function decideUnits(
  context: Context,
  machine: Machine,
  said: Pick<SaidOffer, 'class' | 'units'>,
  sold: readonly string[],
): Promise<ClassUnits[]> {
  const main = await mainUnits(context, machine, said)
  const cards = sold.filter((resource) => resource.startsWith('gpu.') && cardsOf(machine, resource) > 0)
  if (said.class !== undefined) return [main]
  return [main, ...cards.map((resource) => ({ resource, units: cardsOf(machine, resource) }))]
}

async function mainUnits(
  context: Context,
  machine: Machine,
  { class: resource = DEFAULT_CLASS, units }: Pick<SaidOffer, 'class' | 'units'>,
): Promise<ClassUnits> {
  return { resource, units: units ?? (await agreeOnUnits(context, resource, proposedUnits(machine, resource))) }
}

/**
 * Decides what a machine offers and for how much: as said, else as proposed and, on a terminal, agreed to.
 *
 * @throws {TenderError} `unitsNeeded`, `priceNeeded` where nobody can be asked and `--yes` was not given
 */
export async function decideOffers(context: Context, sources: OfferSources, said: SaidOffer): Promise<ClassOffer[]> {
  const { resource, units } = await mainUnits(context, sources.machine, said)
  const main = await priced(context, sources, { resource, units, said: said.price, follow: said.follow })
  return said.class === undefined ? [main, ...(await gpuOffers(context, sources, said))] : [main]
}

function proposedUnits(machine: Machine, resource: string) {
  if (!resource.startsWith('gpu.')) return proposeUnits(machine)
  return { units: cardsOf(machine, resource), because: [`the ${resource} that this machine has`] }
}

function cardsOf({ gpus }: Machine, resource: string): number {
  return gpus.filter((gpu) => gpu.resource === resource).length
}

type Proposal = ReturnType<typeof proposeUnits>

async function agreeOnUnits(context: Context, resource: string, { units, because }: Proposal): Promise<number> {
  for (const line of because) context.progress.line(`  ${line}`)
  if (context.isTTY && !context.yes) {
    return askText(context, `How many units of ${resource} does it offer?`, readUnits, String(units))
  }
  if (context.yes && units > 0) return units
  throw new TenderError(
    units > 0 ? 'how many units to offer was not said' : 'this machine is too small to propose units',
    {
      code: 'unitsNeeded',
      class: 'user',
      hint: units > 0 ? `It could promise ${units}: write --units ${units}, or --yes.` : 'Say how many with --units.',
      data: { resource, proposed: units, because },
    },
  )
}

/** A number of units, as typed. @throws {InvalidInputError} */
export function readUnits(written: string): number {
  const units = wholeNumber(written)
  if (units > 0) return units
  throw new InvalidInputError('a provider offers one unit or more', [])
}

type Unpriced = { resource: string; units: number; said: WrittenAmount | undefined; follow: boolean }

async function priced(
  context: Context,
  { market, asset }: OfferSources,
  { resource, units, said, follow }: Unpriced,
): Promise<ClassOffer> {
  if (said) {
    const { amount, asset: paidIn } = await inMarketAsset(market, said)
    return { resource, units, asset: paidIn, pricing: pricingOf(amount, follow), because: 'as you said' }
  }
  const proposed = await proposePrice(market, resource, asset)
  const agreed = await agreeOnPrice(context, market, { resource, asset, proposed })
  return { resource, units, ...agreed, pricing: pricingOf(agreed.amount, follow) }
}

type Pricing = { resource: string; asset: MarketAsset; proposed: ProposedPrice | undefined }

async function agreeOnPrice(context: Context, market: MarketClient, { resource, asset, proposed }: Pricing) {
  const words = proposed && formatPrice(proposed.amount, asset)
  if (context.isTTY && !context.yes) {
    if (proposed) context.progress.line(`  ${words} is ${proposed.because}`)
    const written = await askText(context, `What does a unit of ${resource} cost?`, readPrice, words)
    const { amount, asset: paidIn } = await inMarketAsset(market, written)
    const because = amount === proposed?.amount ? proposed.because : 'as you said'
    return { amount, asset: paidIn, because }
  }
  if (proposed && context.yes) return { amount: proposed.amount, asset, because: proposed.because }
  throw new TenderError(`what a unit of ${resource} costs was not said`, {
    code: 'priceNeeded',
    class: 'user',
    hint: proposed
      ? `${words} is ${proposed.because}: write --price "${words}", or --yes.`
      : 'Nobody sold any lately: say it with --price.',
    data: { resource, proposed: words },
  })
}

/** Within half and twice, so that nobody's odd deal makes it work for nothing. */
function pricingOf(amount: bigint, follow: boolean): SalePricing {
  if (!follow) return { strategy: 'fixed', price: amount }
  return { strategy: 'market', factorBps: 10_000, min: amount / 2n, max: amount * 2n }
}

/** Graphics cards are offered where containers run, the market lists them, and a price is known. */
async function gpuOffers(context: Context, sources: OfferSources, said: SaidOffer): Promise<ClassOffer[]> {
  const { market, machine, asset } = sources
  if (!machine.containers) return []
  const offers: ClassOffer[] = []
  for (const resource of new Set(machine.gpus.map((gpu) => gpu.resource))) {
    const canBeSaid = said.gpuPrice !== undefined || (context.isTTY && !context.yes)
    const { listed } = await getResource(market, { resource })
    if (!listed) context.progress.line(`this market does not list ${resource}: its cards are not offered`)
    else if (!canBeSaid && !(await proposePrice(market, resource, asset))) {
      context.progress.line(`nobody sold ${resource} lately: say what it costs with --gpu-price to offer it`)
    } else {
      const units = cardsOf(machine, resource)
      offers.push(await priced(context, sources, { resource, units, said: said.gpuPrice, follow: said.follow }))
    }
  }
  return offers
}
