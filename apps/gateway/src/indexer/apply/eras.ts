import type { Address } from 'viem'
import { disputes, monitors, reports, rewards, settings } from '../../store/schema.ts'
import { addMovement, type Handlers, type MarketFacts, type Step, tell } from '../step.ts'
import { setSetting } from './capacity.ts'

type MonitorRow = typeof monitors.$inferSelect

/** Rows of `settings` that this file keeps beside governance's: keys of monitors by index; the last report that is not vetoed. */
const LISTED = 'monitors'
const HEAD = 'lastReport'

/** What monitors are and say. */
export const eraHandlers: Handlers = {
  async MonitorJoined({ args: { index, key } }, step) {
    const before = (await step.draft.get(monitors, key)) ?? newMonitor(key, step)
    step.draft.put(monitors, { ...before, ...step.place, index, leftAt: null, weight: 0, nextWeight: 0, nextFrom: 0 })
    await setSetting(step, LISTED, { ...(await listed(step)), [index]: key })
  },

  MonitorWeightChanged: ({ args: { key, weight, nextWeight, nextFrom } }, step) =>
    changeMonitor(step, key, () => ({ weight, nextWeight, nextFrom })),

  async MonitorLeft({ args: { index, key } }, step) {
    await changeMonitor(step, key, () => ({ index: null, leftAt: step.place.at }))
    const { [index]: _, ...rest } = await listed(step)
    await setSetting(step, LISTED, rest)
  },

  MonitorContact: ({ args: { key, publicKey, addresses } }, step) =>
    changeMonitor(step, key, () => ({ publicKey, addresses: addresses.split(' ').filter(Boolean) })),

  async ReportPosted({ args }, step) {
    const { era, attempt, round, root, coveredUntil, dataHash, effectiveAt } = args
    const { signers, totalWeight } = await countSigners(step, args.signers)
    const from = (await lastReport(step)).coveredUntil
    const signedWeight = signers.reduce((sum, { weight }) => sum + weight, 0)
    const said = { era, attempt, round, root, dataHash, coveredUntil, from, effectiveAt }
    const row = { ...said, ...step.place, signers, signedWeight, totalWeight, vetoedTx: null, vetoedAt: null }
    step.draft.create(reports, row)
    await setSetting(step, HEAD, { coveredUntil })
    tell(step, 'era', {}, { era: String(era), attempt, event: 'ReportPosted' })
  },

  async ReportVetoed({ args: { era, attempt } }, step) {
    const row = await step.draft.get(reports, era, attempt)
    if (!row) throw new Error(`no report of era ${era} was posted`)
    const { tx: vetoedTx, at: vetoedAt } = step.place
    step.draft.put(reports, { ...row, vetoedTx, vetoedAt })
    await setSetting(step, HEAD, { coveredUntil: row.from })
    tell(step, 'era', {}, { era: String(era), attempt, event: 'ReportVetoed' })
  },

  Equivocated: ({ args: { key, slashed } }, step) =>
    changeMonitor(step, key, (row) => ({ ejected: true, slashed: row.slashed + slashed })),

  async MonitorSlashed({ args: { monitor, taken } }, step) {
    // That it is a monitor is a report's word; the contract does not look.
    if (!(await step.draft.get(monitors, monitor))) return
    await changeMonitor(step, monitor, (row) => ({ slashed: row.slashed + taken }))
  },

  MonitorPaid({ args: { monitor, asset, era, amount } }, step) {
    step.draft.add(rewards, { ...step.place, era, provider: null, monitor, asset, amount })
    // The escrow tells of the fees leaving it, by `Withdrawn`.
    addMovement(step, { account: monitor, ledger: 'wallet', type: 'reward', asset, amount })
  },

  DisputeOpened({ args: { dispute: id, lease, era, opener, bond, evidence } }, step) {
    const open = { upheld: null, returned: null, resolvedTx: null, resolvedAt: null }
    step.draft.create(disputes, { id, ...step.place, lease, era, opener, bond, evidence, ...open })
    addBond(step, opener, lease, 'bond', -bond)
  },

  async DisputeResolved({ args: { dispute, upheld, returned } }, step) {
    const row = await step.draft.get(disputes, dispute)
    if (!row) throw new Error(`dispute ${dispute} was never opened`)
    const { tx: resolvedTx, at: resolvedAt } = step.place
    step.draft.put(disputes, { ...row, upheld, returned, resolvedTx, resolvedAt })
    addBond(step, row.opener, row.lease, 'bondBack', returned)
  },
}

/** Who signed, by the bits of `mask`, and what all weigh. Counts who signed and who did not. */
async function countSigners(step: Step, mask: bigint) {
  const signatures = step.facts.signatures.get(step.place.tx)
  const signers: (typeof reports.$inferSelect)['signers'] = []
  let totalWeight = 0
  for (const [place, key] of Object.entries(await listed(step))) {
    const row = await step.draft.get(monitors, key)
    if (!row) throw new Error(`monitor ${key} never joined`)
    const index = Number(place)
    const weight = weightAt(row, step.place.at, step.market)
    const signed = ((mask >> BigInt(index)) & 1n) === 1n
    totalWeight += weight
    if (signed) signers.push({ index, key, weight, signature: signatures?.get(index) ?? null })
    const counts = signed ? { signed: row.signed + 1 } : { missed: row.missed + (weight > 0 ? 1 : 0) }
    step.draft.put(monitors, { ...row, ...counts })
  }
  return { signers, totalWeight }
}

function weightAt(
  { weight, nextWeight, nextFrom }: MonitorRow,
  at: number,
  { genesis, eraSeconds }: MarketFacts,
): number {
  return Math.floor((at - genesis) / eraSeconds) < nextFrom ? weight : nextWeight
}

async function listed({ draft }: Step): Promise<Record<string, Address>> {
  // CAST: written above
  return ((await draft.get(settings, LISTED))?.value ?? {}) as Record<string, Address>
}

async function lastReport({ draft, market: { genesis } }: Step): Promise<{ coveredUntil: number }> {
  // CAST: written above
  return ((await draft.get(settings, HEAD))?.value ?? { coveredUntil: genesis }) as { coveredUntil: number }
}

async function changeMonitor(
  step: Step,
  key: Address,
  changes: (row: MonitorRow) => Partial<MonitorRow>,
): Promise<void> {
  const row = await step.draft.get(monitors, key)
  if (!row) throw new Error(`monitor ${key} never joined`)
  step.draft.put(monitors, { ...row, ...changes(row) })
}

function newMonitor(key: Address, { place }: Step): MonitorRow {
  const weights = { weight: 0, nextWeight: 0, nextFrom: 0 }
  const counts = { signed: 0, missed: 0, slashed: 0n, ejected: false }
  return { key, ...place, index: null, ...weights, publicKey: null, addresses: [], leftAt: null, ...counts }
}

function addBond(step: Step, account: Address, lease: `0x${string}`, type: 'bond' | 'bondBack', amount: bigint): void {
  addMovement(step, { account, ledger: 'bond', type, asset: step.market.contracts.stakeToken, amount, lease })
}
