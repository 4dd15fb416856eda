import type { Store } from '@tender/kit'
import type { SignedBatchHeader } from '@tender/network'
import { batchHeaderSchema, signatureSchema } from '@tender/protocol'
import { z } from 'zod'
import { lowerCase } from '../facts/lowerCase.ts'

/** What this monitor says of an era, and up to when. */
export type SealedBatch = SignedBatchHeader & { until: number }

/** Who signed what of each era. Durable, so that no monitor ever says two things of one era. */
export type BatchBook = {
  own(era: bigint): SealedBatch | undefined
  /** Keeps one's own before anybody hears of it. @throws {Error} if another one is kept: that would be slashed */
  seal(batch: SealedBatch): void
  /** Keeps another's. @returns false if nothing is new: it is known, or two of that monitor are, which is proof enough */
  keep(batch: SignedBatchHeader): boolean
  /** All of an era, sorted by monitor; two of one monitor show that it signed two. */
  of(era: bigint): SignedBatchHeader[]
  /** Also forgets one's own: such eras are reported. */
  forgetBefore(era: bigint): void
}

const signed = { header: batchHeaderSchema, signature: signatureSchema, bytes: z.int().min(0) }
const signedBatchHeaderSchema = z.strictObject(signed) satisfies z.ZodType<SignedBatchHeader>
const sealedSchema = z.strictObject({ ...signed, until: z.int() }) satisfies z.ZodType<SealedBatch>

/** Keys of one era lie together, eras in their order. */
export const eraKey = (era: bigint) => era.toString().padStart(20, '0')

export function openBatchBook(store: Store): BatchBook {
  const sealed = store.collection('sealedBatches', sealedSchema)
  const batches = store.collection('batches', signedBatchHeaderSchema)
  const rangeOf = (era: bigint) => ({ from: `${eraKey(era)}/`, before: `${eraKey(era + 1n)}/` })
  const keyOf = (batch: SignedBatchHeader) => `${seatOf(batch)}/${batch.header.digest}`
  const of = (era: bigint) => batches.entries(rangeOf(era)).map(({ value }) => value)

  function keep(batch: SignedBatchHeader): boolean {
    const { era, monitor, digest } = batch.header
    const known = of(era).filter(({ header }) => header.monitor === monitor)
    if (known.length > 1 || known.some(({ header }) => header.digest === digest)) return false
    batches.set(keyOf(batch), batch)
    return true
  }

  return {
    own: (era) => sealed.get(eraKey(era)),
    seal(batch) {
      const before = sealed.get(eraKey(batch.header.era))
      if (before) throw new Error(`a batch of era ${batch.header.era} is sealed`)
      const { until, ...header } = batch
      store.transaction(() => {
        sealed.set(eraKey(header.header.era), { ...header, until })
        keep(header)
      })
    },
    keep,
    of,
    forgetBefore(era) {
      store.transaction(() => {
        for (const { key } of sealed.entries({ before: eraKey(era) })) sealed.delete(key)
        for (const { key } of batches.entries({ before: eraKey(era) })) batches.delete(key)
      })
    },
  }
}

/** Whose batch of which era it is. In the order of eras, then monitors. */
export function seatOf({ header }: SignedBatchHeader): string {
  return `${eraKey(header.era)}/${lowerCase(header.monitor)}`
}

/** Monitors, with the era, that signed two of it. */
export function twiceIn(batches: readonly SignedBatchHeader[]): ReadonlySet<string> {
  const seats = Map.groupBy(batches, seatOf)
  return new Set([...seats].flatMap(([seat, list]) => (list.length > 1 ? [seat] : [])))
}

/** Whether they are sorted by era, monitor and digest, each there once and at most two of one monitor and era. */
export function areSorted(batches: readonly SignedBatchHeader[]): boolean {
  const keys = batches.map((batch) => `${seatOf(batch)}/${batch.header.digest}`)
  const most = Math.max(0, ...[...Map.groupBy(batches, seatOf).values()].map((list) => list.length))
  return most <= 2 && keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') < key)
}
