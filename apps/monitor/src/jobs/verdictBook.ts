import type { Collection, Store } from '@tender/kit'
import { type JudgedTask, type VerdictReasons, verdictReasonsSchema } from '@tender/network'
import { bytes32Schema, signatureSchema, type Terms, termsSchema } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'

/** A verdict that was signed, and why. */
export type KeptVerdict = VerdictReasons & {
  passed: boolean
  signature: Hex
}

const keptVerdictSchema = z.strictObject({
  ...verdictReasonsSchema.shape,
  passed: z.boolean(),
  signature: signatureSchema,
}) satisfies z.ZodType<KeptVerdict>

const judgedTaskSchema = verdictReasonsSchema.shape.tasks.unwrap().element satisfies z.ZodType<JudgedTask>

/** A job that this monitor was drawn for. */
export type KeptJob = {
  lease: Hex
  terms: Terms
  /** Block in which its lease was opened. */
  opened: number
  /** Until when machine time was bought; Unix seconds. */
  end: number
  /** Since when it is over, or its draw is gone; Unix seconds of the chain's clock. */
  overSince?: number | undefined
}

const keptJobSchema = z.strictObject({
  lease: bytes32Schema,
  terms: termsSchema,
  opened: z.int(),
  end: z.int(),
  overSince: z.int().optional(),
}) satisfies z.ZodType<KeptJob>

/** Jobs that this monitor was drawn for, the outcome of each task that it ran again, and the verdicts that it signed. */
export type VerdictBook = {
  /** Keeps that this monitor was drawn for a job, until it is forgotten. */
  keep(job: KeptJob): void
  job(lease: Hex): KeptJob | undefined
  jobs(): KeptJob[]
  outcomes: Collection<JudgedTask>
  /** What was signed for a seed. */
  verdict(lease: Hex, seed: Hex): KeptVerdict | undefined
  /**
   * Signs, once and for all: whatever is found later, this is the verdict on that seed. It is on disk before it is told.
   *
   * @returns what was signed before, if there was something
   */
  sign(lease: Hex, seed: Hex, verdict: VerdictReasons & { passed: boolean }): Promise<KeptVerdict>
  /** Forgets a lease and all that was kept of it. */
  forget(lease: Hex): void
}

/** @param signVerdict with the monitor's key */
export function openVerdictBook(
  store: Store,
  signVerdict: (verdict: { lease: Hex; seed: Hex; passed: boolean }) => Promise<Hex>,
): VerdictBook {
  const drawn = store.collection('drawnJobs', keptJobSchema)
  const outcomes = store.collection('judgedTasks', judgedTaskSchema)
  const verdicts = store.collection('verdicts', keptVerdictSchema)
  const keyOf = (lease: Hex, seed: Hex) => `${lease}/${seed}`
  const deleteBelow = (collection: Collection<unknown>, lease: Hex) => {
    // `0` follows `/`.
    for (const { key } of collection.entries({ from: `${lease}/`, before: `${lease}0` })) collection.delete(key)
  }

  return {
    keep: (job) => drawn.set(job.lease, job),
    job: (lease) => drawn.get(lease),
    jobs: () => drawn.entries().map(({ value }) => value),
    outcomes,
    verdict: (lease, seed) => verdicts.get(keyOf(lease, seed)),
    async sign(lease, seed, verdict) {
      const before = verdicts.get(keyOf(lease, seed))
      if (before) return before
      const kept = { ...verdict, signature: await signVerdict({ lease, seed, passed: verdict.passed }) }
      verdicts.set(keyOf(lease, seed), kept)
      return kept
    },
    forget(lease) {
      store.transaction(() => {
        drawn.delete(lease)
        deleteBelow(outcomes, lease)
        deleteBelow(verdicts, lease)
      })
    },
  }
}
