import { type Address, getAddress, numberToHex, zeroAddress } from 'viem'
import { ownShares } from '../../store/poolMath.ts'
import { commissions, pools, providers, stakes, unbondings } from '../../store/schema.ts'
import { addMovement, type Handlers, type Movement, type Step } from '../step.ts'
import { setSetting } from './capacity.ts'

type PoolRow = typeof pools.$inferSelect

const ID_BITS = 160
const PROVIDER_POOL = 1n
const MONITOR_POOL = 2n

/** Pools of stake: shares and what they are worth. */
export const stakeHandlers: Handlers = {
  async Staked({ args: { pool, account, assets, shares } }, step) {
    const row = await poolOf(step, pool)
    step.draft.put(pools, { ...row, assets: row.assets + assets, shares: row.shares + shares })
    await changeShares(step, row, account, shares)
    addStake(step, row, { account, type: 'stake', amount: assets })
  },

  async UnstakeRequested({ args: { request, pool, account, shares, availableAt } }, step) {
    const row = await poolOf(step, pool)
    step.draft.put(pools, { ...row, unbonding: row.unbonding + shares })
    const slash = step.facts.slashes.get(request)
    // What compensates for a slash was the owner's; it is `account`'s from here on.
    await changeShares(step, row, slash ? await ownerOf(step, row) : account, -shares)
    const { generation } = row
    const asked = { request, pool, generation, account, shares, availableAt, bySlash: slash !== undefined }
    step.draft.create(unbondings, { ...asked, ...step.place, withdrawn: null })
  },

  async Unstaked({ args: { request, pool, account, assets, to } }, step) {
    const row = await poolOf(step, pool)
    const asked = await step.draft.get(unbondings, request)
    if (!asked) throw new Error(`nobody asked for unbonding ${request}`)
    step.draft.put(unbondings, { ...asked, withdrawn: assets })
    if (asked.generation === row.generation) {
      const { shares } = asked
      const left = { assets: row.assets - assets, shares: row.shares - shares, unbonding: row.unbonding - shares }
      step.draft.put(pools, { ...row, ...left })
    }
    addStake(step, row, { account, type: 'unstake', amount: -assets, counterparty: to })
  },

  Locked: ({ args: { pool, locked } }, step) => setLocked(step, pool, locked),
  Unlocked: ({ args: { pool, locked } }, step) => setLocked(step, pool, locked),

  async Slashed({ args: { pool, taken, burnt, beneficiary, request } }, step) {
    // Nothing there, so nobody lost anything: not even that the pool is anybody's is sure.
    if (taken === 0n) return
    const row = await poolOf(step, pool)
    const owner = await ownerOf(step, row)
    let { shares } = row
    if (beneficiary === zeroAddress) {
      // For nobody: the owner's shares go first, and nobody gets them.
      const held = (await step.draft.get(stakes, pool, row.generation, owner))?.shares ?? 0n
      const lost = ownShares(row, held, taken)
      await changeShares(step, row, owner, -lost)
      shares -= lost
    }
    step.draft.put(pools, { ...row, shares, assets: row.assets - burnt })
    addStake(step, row, { account: owner, type: 'slash', amount: -taken })
    if (request !== 0n) addStake(step, row, { account: beneficiary, type: 'compensation', amount: taken - burnt })
  },

  async GenerationEnded({ args: { pool } }, step) {
    const row = await poolOf(step, pool)
    step.draft.put(pools, { ...row, shares: 0n, unbonding: 0n, generation: row.generation + 1 })
  },

  async Credited({ args: { pool, toShares, commission } }, step) {
    const row = await poolOf(step, pool)
    step.draft.put(pools, { ...row, assets: row.assets + toShares })
    if (commission === 0n) return
    const account = await ownerOf(step, row)
    const claimable = (await step.draft.get(commissions, account))?.claimable ?? 0n
    step.draft.put(commissions, { account, claimable: claimable + commission })
    addStake(step, row, { account, type: 'commission', amount: commission })
  },

  async CommissionChanged({ args: { pool, commissionBps, from } }, step) {
    const row = await poolOf(step, pool)
    const { at } = step.place
    const current =
      row.nextCommissionFrom !== 0 && at >= row.nextCommissionFrom ? row.nextCommissionBps : row.commissionBps
    // A rise waits, so that who stakes can leave first.
    const change =
      commissionBps > current
        ? { commissionBps: current, nextCommissionBps: commissionBps, nextCommissionFrom: from }
        : { commissionBps, nextCommissionBps: 0, nextCommissionFrom: 0 }
    step.draft.put(pools, { ...row, ...change })
  },

  async Claimed({ args: { account, amount, to } }, step) {
    await step.draft.get(commissions, account)
    step.draft.put(commissions, { account, claimable: 0n })
    const { stakeToken: asset } = step.market.contracts
    addMovement(step, { account, ledger: 'stake', type: 'claim', asset, amount: -amount, counterparty: to })
  },

  UnbondingDelayChanged: ({ args }, step) => setSetting(step, 'unbondingDelay', args),
}

async function poolOf({ draft }: Step, pool: bigint): Promise<PoolRow> {
  const found = await draft.get(pools, pool)
  return found ?? { pool, ...holderOf(pool), ...emptyPool }
}

/** `kind << 160 | id`: what the pool is for, and whose it is. */
function holderOf(pool: bigint): Pick<PoolRow, 'kind' | 'provider' | 'account'> {
  const id = BigInt.asUintN(ID_BITS, pool)
  const kind = pool >> BigInt(ID_BITS)
  if (kind === PROVIDER_POOL) return { kind: 'provider', provider: id, account: null }
  const account = getAddress(numberToHex(id, { size: 20 }))
  return { kind: kind === MONITOR_POOL ? 'monitor' : 'tenant', provider: null, account }
}

const emptyPool = {
  assets: 0n,
  locked: 0n,
  shares: 0n,
  unbonding: 0n,
  generation: 0,
  commissionBps: 0,
  nextCommissionBps: 0,
  nextCommissionFrom: 0,
} as const

async function ownerOf({ draft }: Step, { provider, account }: PoolRow): Promise<Address> {
  if (account !== null) return account
  const row = provider === null ? undefined : await draft.get(providers, provider)
  if (!row) throw new Error(`provider ${provider} was never registered`)
  return row.owner
}

async function changeShares(
  { draft }: Step,
  { pool, generation }: PoolRow,
  account: Address,
  by: bigint,
): Promise<void> {
  const shares = (await draft.get(stakes, pool, generation, account))?.shares ?? 0n
  draft.put(stakes, { pool, generation, account, shares: shares + by })
}

async function setLocked(step: Step, pool: bigint, locked: bigint): Promise<void> {
  step.draft.put(pools, { ...(await poolOf(step, pool)), locked })
}

function addStake(
  step: Step,
  { pool, provider }: PoolRow,
  movement: Pick<Movement, 'account' | 'type' | 'amount' | 'counterparty'>,
): void {
  const { stakeToken: asset } = step.market.contracts
  addMovement(step, { ...movement, ledger: 'stake', asset, pool, ...(provider === null ? {} : { provider }) })
}
