import { formatAmount, formatDuration, InvalidInputError, parseDuration, readPrice } from '@tender/protocol'
import { getCapacity, getStake, type MarketClient } from '@tender/sdk'
import { confirm } from '../../cli/prompts.ts'
import { type Context, defineCommand, needed, setting, text, wholeNumber } from '../../command.ts'
import { findAccount, openAccount, openMarket } from '../../openMarket.ts'
import { hasConfig, writeConfig } from '../../registration/draftConfig.ts'
import { performRegistration } from '../../registration/performRegistration.ts'
import { describeRegistration, planRegistration, type Wanted } from '../../registration/planRegistration.ts'
import { inMarketAsset } from '../../writtenAmount.ts'

const DEFAULT_CLASS = 'cu'
const DEFAULT_COMMITMENT = 90 * 86_400

export const providerRegisterCommand = defineCommand({
  description:
    'Makes you a provider: registers it, stakes what its units need, commits them, and writes a configuration to start it with. The owner (--account) owns it and pays; the operator key signs bids and can take nothing out. What is there already is left as it is, so run it again if it was cut short.',
  examples: [
    'tender provider register --account owner --operator operator --country DE --units 4 --price "0.018 USDC/h" --config provider.json',
    'tender provider register --account owner --operator operator --country CH --units 16 --for 365d --price "0.02 USDC/h" --domain compute.example.org --config provider.json',
  ],
  options: {
    operator: needed(setting('name', 'the account whose key signs bids', text)),
    country: needed(setting('country', 'where its machines are, two letters', readCountry)),
    units: needed(setting('number', 'how many units it offers in all', readUnits)),
    price: needed(setting('price', 'what a unit costs, such as "0.02 USDC/h"', readPrice)),
    config: needed(setting('file', 'where its configuration is, or is written if it is not there', text)),
    class: setting('class', `the resource class, ${DEFAULT_CLASS} unless told`, text),
    for: setting('time', `how long to commit units, ${formatDuration(DEFAULT_COMMITMENT)} unless told`, parseDuration),
    domain: setting('name', 'its workloads answer at http://LEASE.NAME:PORT; only on this machine unless told', text),
    operatorPasswordFile: setting('file', "a file with the operator's password, if it is another one", text),
  },
  async run(context, input) {
    const { operator: name, class: resource = DEFAULT_CLASS, for: seconds = DEFAULT_COMMITMENT, config, domain } = input
    const { name: marketName, profile, market } = await openMarket(context)
    const price = await inMarketAsset(market, input.price)
    const owner = await findAccount(context, profile.account)
    const operator = await findAccount({ ...context, account: name }, undefined)
    const { country, units } = input
    const wanted = { owner: owner.address, operator: operator.address, country, resource, units, seconds }
    const configured = await hasConfig(config, profile)
    const registration = await planRegistration(market, wanted)

    const steps = describeRegistration(registration, wanted)
    if (steps.length > 0) await confirm(context, `As ${owner.name}: ${steps.join(', ')}?`)
    const provider = await performRegistration(registration, {
      market,
      wanted,
      openOwner: () => openAccount(context, owner.name, market.chainId),
      openOperator: () =>
        openAccount(operatorContext(context, name, input.operatorPasswordFile), undefined, market.chainId),
      onDone: (what) => context.progress.line(what),
    })
    if (!configured) {
      const { home } = context
      await writeConfig(config, { home, market: marketName, profile, operator: name, resource, price, domain })
    }
    return {
      provider,
      owner: owner.address,
      operator: { name, address: operator.address },
      country,
      ...(await commitmentOf(market, provider, wanted)),
      stakeToken: registration.stakeToken,
      config,
      /** What this run did. */
      did: {
        registered: registration.provider === undefined,
        staked: registration.stake,
        committed: registration.commitment?.units ?? 0,
        gasMoney: registration.gasMoney,
        configWritten: !configured,
      },
    }
  },
  print({ provider, country, resource, committed, until, staked, stakeToken, config, operator, did }, out) {
    const last = new Date(until * 1000).toISOString().slice(0, 10)
    out.line(
      `${out.paint('green', `provider ${provider}`)} in ${country} commits ${committed} units of ${resource} until ${last}, with ${formatAmount(staked, stakeToken)} at stake`,
    )
    const file = did.configWritten ? 'was written' : 'was there already and is left as it is'
    out.line(`its configuration ${config} ${file}`)
    out.line(`start it with \`tender provider start --config ${config} --account ${operator.name}\``)
  },
})

async function commitmentOf(market: MarketClient, provider: bigint, { resource, owner }: Wanted) {
  const [{ committed, until }, { bonded }] = await Promise.all([
    getCapacity(market, { provider, resource }),
    getStake(market, { provider, account: owner }),
  ])
  return { resource, committed, until, staked: bonded }
}

function operatorContext(context: Context, account: string, passwordFile: string | undefined): Context {
  return { ...context, account, passwordFile: passwordFile ?? context.passwordFile }
}

function readUnits(written: string): number {
  const units = wholeNumber(written)
  if (units > 0) return units
  throw new InvalidInputError('a provider offers one unit or more', [])
}

function readCountry(written: string): string {
  const code = written.toUpperCase()
  if (/^[A-Z]{2}$/.test(code)) return code
  throw new InvalidInputError(`"${written}" is not a country`, [], {
    hint: 'Write its two letters (ISO 3166), such as DE.',
  })
}
