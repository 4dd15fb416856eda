import { countryCode, providerStatuses } from '@tender/protocol'
import { type Address, zeroAddress } from 'viem'
import { attestations, incidents, providers, rewards } from '../../store/schema.ts'
import { addMovement, type Handlers, type Step, tell } from '../step.ts'
import { setSetting } from './capacity.ts'

type ProviderRow = typeof providers.$inferSelect

/** Where everyone starts. */
const START = {
  status: providerStatuses.active,
  offerEpoch: 0,
  score: 0,
  level: 5,
  levelValidUntil: 0,
  ceiling: 1,
} as const
const NOTHING_YET = { leases: 0, rewarded: 0n, slashed: 0n, penalised: 0n, credited: 0n } as const

/** Who sells. */
export const providerHandlers: Handlers = {
  ProviderRegistered({ args: { provider: id, owner, operator, payout, country: code, metadata } }, step) {
    const country = countryCode(code)
    const own = { id, owner, operator, payout, country, metadata, collateralised: true }
    step.draft.create(providers, { ...own, ...step.place, ...START, ...NOTHING_YET })
    tellProvider(step, id, 'ProviderRegistered')
  },

  async Transfer({ args: { from, to, tokenId } }, step) {
    // The registration says who has it first.
    if (from !== zeroAddress) await change(step, tokenId, { owner: to }, 'Transfer')
  },

  OperatorChanged: ({ args: { provider, operator, offerEpoch } }, step) =>
    change(step, provider, { operator: known(operator), offerEpoch }, 'OperatorChanged'),

  OffersCancelled: ({ args: { provider, offerEpoch } }, step) =>
    change(step, provider, { offerEpoch }, 'OffersCancelled'),

  PayoutChanged: ({ args: { provider, payout } }, step) => change(step, provider, { payout }, 'PayoutChanged'),

  CountryChanged: ({ args: { provider, country } }, step) =>
    change(step, provider, { country: countryCode(country) }, 'CountryChanged'),

  MetadataChanged: ({ args: { provider, metadata } }, step) => change(step, provider, { metadata }, 'MetadataChanged'),

  async StatusChanged({ args: { provider, status } }, step) {
    await change(step, provider, { status }, 'StatusChanged')
    if (status === providerStatuses.banned) addIncident(step, provider, 'banned')
  },

  CeilingChanged: ({ args: { provider, ceiling } }, step) => change(step, provider, { ceiling }, 'CeilingChanged'),

  TrustUpdated: ({ args: { provider, score, level, validUntil } }, step) =>
    change(step, provider, { score, level, levelValidUntil: validUntil }, 'TrustUpdated'),

  async CollateralisedChanged({ args: { provider, collateralised } }, step) {
    await change(step, provider, { collateralised }, 'CollateralisedChanged')
    if (!collateralised) addIncident(step, provider, 'uncollateralised')
  },

  LevelTtlChanged: ({ args }, step) => setSetting(step, 'levelTtl', args),

  async ProviderSlashed({ args: { provider, taken } }, step) {
    // That there is such a provider is a report's word; the contract does not look.
    const row = await step.draft.get(providers, provider)
    if (!row) return
    await change(step, provider, { slashed: row.slashed + taken }, 'ProviderSlashed')
    addIncident(step, provider, 'slashed', taken)
  },

  ProviderAttested({ args: { provider, auditor, resultBps, evidence, expiry } }, step) {
    step.draft.add(attestations, { ...step.place, provider, auditor, resultBps, evidence, expiry })
    tellProvider(step, provider, 'ProviderAttested')
  },

  AuditorChanged: ({ args }, step) => setSetting(step, `auditor:${args.auditor}`, args),

  async ProviderPaid({ args: { provider, era, amount } }, step) {
    const { rewarded, owner: account } = await providerOf(step, provider)
    await change(step, provider, { rewarded: rewarded + amount }, 'ProviderPaid')
    const { stakeToken: asset } = step.market.contracts
    step.draft.add(rewards, { ...step.place, era, provider, monitor: null, asset, amount })
    addMovement(step, { account, ledger: 'stake', type: 'reward', asset, amount, provider })
  },
}

async function providerOf({ draft }: Step, id: bigint): Promise<ProviderRow> {
  const row = await draft.get(providers, id)
  if (!row) throw new Error(`provider ${id} was never registered`)
  return row
}

async function change(step: Step, id: bigint, changes: Partial<ProviderRow>, event: string): Promise<void> {
  step.draft.put(providers, { ...(await providerOf(step, id)), ...changes })
  tellProvider(step, id, event)
}

function tellProvider(step: Step, provider: bigint, event: string): void {
  tell(step, 'provider', { provider }, { provider: String(provider), event })
}

function addIncident(
  { draft, place }: Step,
  provider: bigint,
  type: 'slashed' | 'banned' | 'uncollateralised',
  amount: bigint | null = null,
): void {
  draft.add(incidents, { ...place, provider, type, lease: null, reason: null, amount })
}

function known(account: Address): Address | null {
  return account === zeroAddress ? null : account
}
