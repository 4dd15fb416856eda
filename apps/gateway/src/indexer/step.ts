import type { AddressBook, GetJobTimingReturnType, MarketEvent } from '@tender/sdk'
import type { Address, Hex } from 'viem'
import { type ChangeType, type Ledger, type MovementType, movements } from '../store/schema.ts'
import type { Draft } from './draft.ts'

/** An event with the time of its block. */
export type TimedEvent = MarketEvent & { timestamp: number }

/** What an event changes, and what else is known when it is applied. */
export type Step = {
  readonly draft: Draft
  readonly market: MarketFacts
  readonly facts: StepFacts
  /** Of the event that is applied. */
  place: Place
  /** Movements that this event made so far. */
  legs: number
  /** The lease that this transaction ended last, for penalties that do not name theirs. */
  ended: { tx: Hex; lease: Hex } | undefined
}

export type Place = { position: number; block: number; tx: Hex; at: number }

/** What never changes about a market. */
export type MarketFacts = Pick<AddressBook, 'contracts'> & {
  /** Eras by the clock begin `genesis + n * eraSeconds`. */
  genesis: number
  eraSeconds: number
  jobTiming: GetJobTimingReturnType
}

/** What was read beside the events of some blocks. */
export type StepFacts = {
  /** What tokens call themselves, by address; `undefined` for one that does not say. */
  assets: ReadonlyMap<Address, { symbol: string; decimals: number } | undefined>
  /** Signatures that a transaction posted a report with, by monitors' indices. */
  signatures: ReadonlyMap<Hex, ReadonlyMap<number, Hex>>
  /** Unbonding requests that a slash made, by whose beneficiary they are; `request` → the slash. */
  slashes: ReadonlyMap<bigint, Extract<MarketEvent, { type: 'Slashed' }>>
}

/** What is done about each event. An event without an entry is only kept. */
export type Handlers = {
  [Name in MarketEvent['type']]?: (event: Extract<TimedEvent, { type: Name }>, step: Step) => Promise<void> | void
}

export type Movement = {
  account: Address
  ledger: Ledger
  type: MovementType
  asset: Address
  /** Negative: it left the ledger's balance. */
  amount: bigint
  counterparty?: Address
  lease?: Hex
  order?: Hex
  provider?: bigint
  pool?: bigint
}

/** Writes down that money moved; nothing for nothing. */
export function addMovement(step: Step, movement: Movement): void {
  if (movement.amount === 0n) return
  const { counterparty = null, lease = null, order = null, provider = null, pool = null } = movement
  step.draft.add(movements, { ...step.place, ...movement, leg: step.legs, counterparty, lease, order, provider, pool })
  step.legs += 1
}

/** Tells of something that concerns these. */
export function tell(
  { draft, place: { block, tx, at } }: Step,
  type: ChangeType,
  { tenant = null, provider = null }: { tenant?: Address | null; provider?: bigint | null },
  data: Record<string, unknown>,
): void {
  draft.tell({ type, tenant, provider, data: { ...data, block, tx, at } })
}
