import type { MarketEvent } from '@tender/sdk'
import { events } from '../../store/schema.ts'
import { positionOf } from '../position.ts'
import type { Handlers, Step, TimedEvent } from '../step.ts'
import { plainRecord } from '../tableShape.ts'
import { auctionHandlers } from './auctions.ts'
import { balanceHandlers } from './balances.ts'
import { capacityHandlers } from './capacity.ts'
import { eraHandlers } from './eras.ts'
import { jobHandlers } from './jobs.ts'
import { leaseHandlers } from './leases.ts'
import { providerHandlers } from './providers.ts'
import { ruleHandlers } from './rules.ts'
import { stakeHandlers } from './stake.ts'

const handlers: Handlers = {
  ...auctionHandlers,
  ...balanceHandlers,
  ...capacityHandlers,
  ...eraHandlers,
  ...jobHandlers,
  ...leaseHandlers,
  ...providerHandlers,
  ...ruleHandlers,
  ...stakeHandlers,
}

/** Keeps an event, and does what follows from it. */
export async function applyEvent(event: TimedEvent, step: Step): Promise<void> {
  const { block, logIndex, transaction: tx, timestamp: at } = event
  step.place = { position: positionOf(block, logIndex), block, tx, at }
  step.legs = 0
  step.draft.enter(block)
  keep(event, step)
  // CAST: a handler stands under the name of the event that it takes
  const handler = handlers[event.type] as ((event: MarketEvent, step: Step) => Promise<void> | void) | undefined
  await handler?.(event, step)
}

function keep({ type: name, args, logIndex, contract }: TimedEvent, { draft, place }: Step): void {
  // CAST: no event has arguments without names
  const plain = plainRecord(args as object)
  draft.add(events, { ...place, logIndex, contract, name, args: plain, ...subjectsOf(args) })
}

type Subjects = Pick<typeof events.$inferSelect, 'lease' | 'provider' | 'order'>

/** What an event is about, by the names that arguments have in all contracts. */
function subjectsOf(args: MarketEvent['args']): Subjects {
  return {
    lease: 'lease' in args ? args.lease : null,
    provider: 'provider' in args ? args.provider : null,
    order: 'order' in args ? args.order : 'terms' in args ? args.terms.order : null,
  }
}
