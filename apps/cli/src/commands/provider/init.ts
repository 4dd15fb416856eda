import { join } from 'node:path'
import {
  formatAmount,
  formatDuration,
  formatPrice,
  InvalidInputError,
  parseDuration,
  readPrice,
} from '@tender/protocol'
import { getCapacity, getStake, type MarketClient } from '@tender/sdk'
import type { Address } from 'viem'
import { askText, confirm } from '../../cli/prompts.ts'
import { type Context, defineCommand, needed, setting, text, toggle } from '../../command.ts'
import { marketDirectory } from '../../home/home.ts'
import { findAccount, openAccount, openMarket } from '../../openMarket.ts'
import { type ClassOffer, readUnits } from '../../registration/decideOffers.ts'
import { decideSetup } from '../../registration/decideSetup.ts'
import { findConfig, type SalePricing, writeConfig } from '../../registration/draftConfig.ts'
import { openOperator, operatorPasswordOption } from '../../registration/openOperator.ts'
import { performRegistration } from '../../registration/performRegistration.ts'
import { describeRegistration, planRegistration } from '../../registration/planRegistration.ts'

const DEFAULT_COMMITMENT = 90 * 86_400
const DEFAULT_OPERATOR = 'operator'
const DEFAULT_SOCKET = '/var/run/docker.sock'

export const providerInitCommand = defineCommand({
  description:
    'Makes you a provider: looks at this machine, proposes what it could offer and for how much, writes a configuration, registers, stakes what its units need and a tenth more, and commits them. The owner (--account) owns it and pays; the operator key signs bids and can take nothing out. What is there already is left as it is, so run it again if it was cut short, or with more units.',
  examples: [
    'tender provider init --account owner --config provider.json',
    'tender provider init --account owner --country DE --units 4 --price "0.018 USDC/h" --config provider.json',
    'tender provider init --account owner --country CH --yes --for 365d --domain compute.example.org --config provider.json',
  ],
  options: {
    operator: setting('name', `the account whose key signs bids, ${DEFAULT_OPERATOR} unless told`, text),
    country: setting('country', 'where its machines are, two letters', readCountry),
    units: setting('number', 'how many units it offers in all', readUnits),
    price: setting('price', 'what a unit costs an hour, such as "0.02 USDC/h"', readPrice),
    gpuPrice: setting('price', 'what a graphics card costs an hour, such as "1.50 USDC/h"', readPrice),
    follow: toggle('let prices follow the market, between half and twice of what they begin with'),
    config: needed(setting('file', 'where its configuration is, or is written if it is not there', text)),
    class: setting('class', 'the one resource class to offer; compute units and graphics cards unless told', text),
    for: setting('time', `how long to commit units, ${formatDuration(DEFAULT_COMMITMENT)} unless told`, parseDuration),
    domain: setting('name', 'its workloads answer at http://LEASE.NAME:PORT; only on this machine unless told', text),
    relay: setting('address', 'a relay that makes it reachable if it has no public address, /ip4/…/tcp/…/p2p/…', text),
    socket: setting('path', `the Docker engine's socket, ${DEFAULT_SOCKET} unless told`, text),
    runtime: setting('name', 'what runs containers, such as runsc (gVisor)', text),
    wasmOnly: toggle('run no containers'),
    operatorPasswordFile: operatorPasswordOption,
  },
  async run(context, input) {
    const {
      operator: name = DEFAULT_OPERATOR,
      config,
      for: seconds = DEFAULT_COMMITMENT,
      socket = DEFAULT_SOCKET,
    } = input
    const { name: marketName, profile, market } = await openMarket(context)
    const { home, progress } = context
    const owner = await findAccount(context, profile.account)
    const operator = await findAccount({ ...context, account: name }, undefined)
    const written = await findConfig(config, profile)
    const stateDir = join(marketDirectory(home, marketName), 'providers', name)

    const country = input.country ?? (await askCountry(context))
    const said = { ...input, socket }
    const { classes, sales, drivers } = await decideSetup(context, { market, stateDir, written }, said)

    const wanted = { owner: owner.address, operator: operator.address, country, classes, seconds }
    const registration = await planRegistration(market, wanted)
    const steps = describeRegistration(registration, wanted)
    if (steps.length > 0) await confirm(context, `As ${owner.name}: ${steps.join(', ')}?`)
    if (!written) {
      const { domain, relay } = input
      const draft = { home, market: marketName, profile, operator: name, sales, drivers, domain, relay }
      await writeConfig(config, draft)
    }
    const provider = await performRegistration(registration, {
      market,
      wanted,
      openOwner: () => openAccount(context, owner.name, market.chainId),
      openOperator: () => openOperator(context, { name, passwordFile: input.operatorPasswordFile }, market.chainId),
      onDone: (what) => progress.line(what),
    })
    const [main, ...others] = await Promise.all(classes.map(({ resource }) => commitmentOf(market, provider, resource)))
    return {
      provider,
      owner: owner.address,
      operator: { name, address: operator.address },
      country,
      ...main,
      others,
      /** By class; none if the configuration was there already. */
      prices: Object.fromEntries(sales.map((sale) => [sale.resource, priceOf(sale)])),
      staked: await stakedBy(market, provider, owner.address),
      stakeToken: registration.stakeToken,
      containers: drivers?.docker !== undefined,
      config,
      /** What this run did. */
      did: {
        registered: registration.provider === undefined,
        staked: registration.stake,
        committed: registration.commitments.reduce((sum, { units }) => sum + units, 0),
        gasMoney: registration.gasMoney,
        configWritten: !written,
      },
    }
  },
  print({ provider, country, staked, stakeToken, config, operator, did, others, prices, ...main }, out) {
    const at = `with ${formatAmount(staked, stakeToken)} at stake`
    out.line(`${out.paint('green', `provider ${provider}`)} in ${country}, ${at}`)
    for (const { resource, committed, until } of [main, ...others]) {
      const last = new Date((until ?? 0) * 1000).toISOString().slice(0, 10)
      const { [resource ?? '']: price } = prices
      const cost = price ? `, at ${price.price}: ${price.because}` : ''
      out.line(`commits ${committed} units of ${resource} until ${last}${cost}`)
    }
    const file = did.configWritten ? 'was written' : 'was there already and is left as it is'
    out.line(`its configuration ${config} ${file}`)
    out.line(`start it with \`tender provider start --config ${config} --account ${operator.name}\``)
    out.line('to have the system start it, see deploy/README.md')
  },
})

async function commitmentOf(market: MarketClient, provider: bigint, resource: string) {
  const { committed, until } = await getCapacity(market, { provider, resource })
  return { resource, committed, until }
}

/** In words. */
function priceOf({ pricing, asset, because }: ClassOffer) {
  return { price: priceWords(pricing, (amount) => formatPrice(amount, asset)), because }
}

function priceWords(pricing: SalePricing, words: (amount: bigint) => string): string {
  if (pricing.strategy === 'fixed') return words(pricing.price)
  return `what the market pays, ${words(pricing.min)} to ${words(pricing.max)}`
}

async function stakedBy(market: MarketClient, provider: bigint, account: Address): Promise<bigint> {
  return (await getStake(market, { provider, account })).bonded
}

function readCountry(written: string): string {
  const code = written.toUpperCase()
  if (/^[A-Z]{2}$/.test(code)) return code
  throw new InvalidInputError(`"${written}" is not a country`, [], {
    hint: 'Write its two letters (ISO 3166), such as DE.',
  })
}

function askCountry(context: Context): Promise<string> {
  if (context.isTTY) return askText(context, 'In which country is this machine? (two letters)', readCountry)
  throw new InvalidInputError('the country was not said', [], { hint: 'Write --country and its two letters.' })
}
