import type { SignedBatchHeader } from '@tender/network'
import {
  type BatchView,
  type BuiltDataSet,
  buildDataSet,
  computeEra,
  type DataSet,
  decodeDataSet,
  type EraInput,
  type EraSources,
  emptyState,
  leafTree,
  noPrevious,
  openBatch,
  openEra,
  openRecount,
  openState,
  type Recount,
  type SignedBatch,
  type StateView,
  TenderError,
} from '@tender/protocol'
import { type Address, concat } from 'viem'
import { lowerCase } from '../facts/lowerCase.ts'
import type { Library } from './library.ts'
import type { Parts } from './parts.ts'
import type { ComputePort, Draft } from './ports.ts'
import { recountable } from './recountable.ts'

export type DraftsOptions = { reports: Address; library: Library; parts: Parts }

/** Computes reports and keeps what they are made of. */
export function createDrafts(options: DraftsOptions): Pick<ComputePort, 'draft' | 'isBatch' | 'monitorsOf'> {
  const { reports, library, parts } = options
  let last: { key: string; draft: Draft } | undefined
  const eras = new Map<bigint, Promise<ReadonlySet<Address>>>()

  async function build(...[{ facts }, attempt, list, signal]: Parameters<ComputePort['draft']>): Promise<BuiltDataSet> {
    const sources = library.sources(facts.era, signal)
    const batches = signedOf(list, facts.era)
    const recounts = await Promise.all(
      recountable(facts).map(async ({ dispute, era }) => ({
        dispute,
        dataHash: await sources.dataHashOf(era),
        batches: signedOf(list, era),
      })),
    )
    const { previous, state } = await previousOf(sources, facts)
    const counted: Recount[] = []
    for (const recount of recounts) counted.push(await openRecount(sources, facts, recount))
    const input: EraInput = { previous: state, facts, ...(await openBatches(sources, batches)), recounts: counted }
    const result = computeEra(input)
    const { root } = leafTree(result.leaves)
    return buildDataSet({ reports: lowerCase(reports), attempt, facts, result, root, previous, batches, recounts })
  }

  async function readMonitors(era: bigint, signal: AbortSignal): Promise<ReadonlySet<Address>> {
    const { facts } = await openEra(library.sources(era, signal), era)
    return new Set(facts.monitors.map(({ monitor }) => monitor))
  }

  return {
    async draft(basis, attempt, list, signal) {
      const { era, block, until } = basis.facts
      // The same proposal comes from leader after leader; signatures are part of the data.
      const batches = list.map(({ header, signature }) => `${header.digest} ${signature}`)
      const key = `${era} ${attempt} ${until} ${block.hash} ${batches.join()}`
      if (last?.key === key) return last.draft
      const built = await build(basis, attempt, list, signal)
      for (const part of built.parts.values()) await parts.put(part, era)
      last = { key, draft: { root: built.dataSet.root, dataHash: built.dataHash } }
      return last.draft
    },

    monitorsOf(era, signal) {
      const found = eras.get(era) ?? readMonitors(era, signal)
      eras.set(era, found)
      found.catch(() => eras.delete(era))
      return found
    },

    isBatch(bytes, { era, monitor }) {
      try {
        const batch = openBatch(bytes)
        return batch.era === era && batch.monitor === lowerCase(monitor)
      } catch (error) {
        if (error instanceof TenderError) return false
        throw error
      }
    },
  }
}

async function previousOf(
  sources: EraSources,
  { era, from }: { era: bigint; from: number },
): Promise<{ previous: DataSet['previous']; state: StateView }> {
  if (era === 1n) return { previous: noPrevious, state: emptyState(from) }
  const dataHash = await sources.dataHashOf(era - 1n)
  const { state } = decodeDataSet(await sources.part(dataHash))
  return { previous: { dataHash, state }, state: openState(concat(await Promise.all(state.map(sources.part)))) }
}

/** Of who signed two, neither is read. */
async function openBatches(sources: EraSources, signed: readonly SignedBatch[]) {
  const batches: BatchView[] = []
  const equivocators: Address[] = []
  for (const [monitor, own] of Map.groupBy(signed, (one) => one.monitor)) {
    const [first, second] = own
    if (second) equivocators.push(monitor)
    else if (first) batches.push(openBatch(await sources.part(first.digest)))
  }
  return { batches, equivocators }
}

function signedOf(list: readonly SignedBatchHeader[], era: bigint): SignedBatch[] {
  return list
    .filter(({ header }) => header.era === era)
    .map(({ header, signature }) => ({ monitor: lowerCase(header.monitor), digest: header.digest, signature }))
}
