import { resourceName } from '@tender/protocol'
import { capacity, classes, incidents, providers, settings } from '../../store/schema.ts'
import { type Handlers, type Step, tell } from '../step.ts'
import { plainRecord } from '../tableShape.ts'
import { addToEnded } from './jobs.ts'

/** Units that are taken (or, negative, given back) of a provider's. */
export async function changeLeased(step: Step, provider: bigint, resource: string, units: number): Promise<void> {
  const row = await step.draft.get(capacity, provider, resource)
  if (row) step.draft.put(capacity, { ...row, leased: row.leased + units })
  const sums = await step.draft.get(classes, resource)
  if (sums) step.draft.put(classes, { ...sums, leased: sums.leased + units })
}

export const capacityHandlers: Handlers = {
  async Committed({ args: { provider, resource: id, committed, stakePerUnit, until } }, step) {
    const resource = resourceName(id)
    const before = await step.draft.get(capacity, provider, resource)
    const { leased = 0, committed: had = 0 } = before ?? {}
    // With nothing committed the contract forgets the rest too.
    const terms = committed === 0 ? { stakePerUnit: 0n, until: 0 } : { stakePerUnit, until }
    step.draft.put(capacity, { provider, resource, ...step.place, committed, leased, ...terms })
    const sums = await step.draft.get(classes, resource)
    if (sums) {
      const providers = sums.providers + Number(committed > 0) - Number(had > 0)
      step.draft.put(classes, { ...sums, committed: sums.committed + committed - had, providers })
    }
    tell(step, 'provider', { provider }, { provider: String(provider), event: 'Committed' })
  },

  async ResourceChanged({ args: { resource: id, listed, stakePerUnit } }, step) {
    const resource = resourceName(id)
    const { committed = 0, leased = 0, providers = 0 } = (await step.draft.get(classes, resource)) ?? {}
    step.draft.put(classes, { resource, ...step.place, id, listed, stakePerUnit, committed, leased, providers })
  },

  PenaltyChanged: ({ args }, step) => setSetting(step, `penalty:${args.tier}`, args),

  async Penalised({ args: { provider, amount } }, step) {
    const row = await step.draft.get(providers, provider)
    if (row) step.draft.put(providers, { ...row, penalised: row.penalised + amount })
    const { ended, place } = step
    const lease = ended?.tx === place.tx ? ended.lease : null
    step.draft.add(incidents, { ...place, provider, type: 'penalised', lease, reason: null, amount })
    await addToEnded(step, ({ penalised }) => ({ penalised: penalised + amount }))
  },
}

/** Keeps the latest of what governance set. */
export async function setSetting(step: Step, name: string, value: object): Promise<void> {
  await step.draft.get(settings, name)
  step.draft.put(settings, { name, ...step.place, value: plainRecord(value) })
}
