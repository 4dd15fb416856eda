import type { Hex } from 'viem'
import { hexOf } from './bytes.ts'
import { keccak } from './keccak.ts'
import { createReader, createWriter, notCanonical, type PackedList, type RecordFormat, upTo } from './packing.ts'
import type { Batch, BatchView, CapacityCheck, Observation, SignedRating } from './types.ts'

/** A batch travels as one part. */
export const MAX_BATCH_BYTES = 64 * 2 ** 20
/** An EIP-1271 wallet may need more than an account's 65. */
export const MAX_SIGNATURE_BYTES = 4_096

/** A batch whose observations stay packed: a fifth of the memory. */
export type PackedBatch = Omit<Batch, 'observations'> & { observations: PackedList<Observation> }

/** Where the fields of an observation that a metric needs lie, from its first byte. */
export const observationFields = { probes: 32, upBps: 36, latencyMs: 38, spreadMs: 42, startedAt: 54 } as const

const observation: RecordFormat<Observation> = {
  name: 'observation',
  key: 32,
  most: 700_000,
  write(writer, record) {
    writer.hex(record.lease, 32)
    writer.u32(record.probes)
    writer.u16(upTo(10_000, record.upBps, 'upBps'))
    writer.u32(record.latencyMs)
    writer.u32(record.spreadMs)
    writer.u32(record.challenges)
    writer.u32(upTo(record.challenges, record.answered, 'answered'))
    writer.u40(record.startedAt)
    writer.hex(record.evidence, 32)
  },
  read(reader) {
    const lease = reader.hex(32)
    const probes = reader.u32()
    const upBps = upTo(10_000, reader.u16(), 'upBps')
    const latencyMs = reader.u32()
    const spreadMs = reader.u32()
    const challenges = reader.u32()
    const answered = upTo(challenges, reader.u32(), 'answered')
    const startedAt = reader.u40()
    const evidence = reader.hex(32)
    return { lease, probes, upBps, latencyMs, spreadMs, challenges, answered, startedAt, evidence }
  },
}

const capacityCheck: RecordFormat<CapacityCheck> = {
  name: 'capacity check',
  key: 45,
  most: 200_000,
  write(writer, { provider, resource, at, units, proven }) {
    writer.big(provider, 1)
    writer.hex(resource, 32)
    writer.u40(at)
    writer.u32(units)
    writer.u32(upTo(units, proven, 'proven'))
  },
  read(reader) {
    const provider = reader.big(1)
    const resource = reader.hex(32)
    const at = reader.u40()
    const units = reader.u32()
    return { provider, resource, at, units, proven: upTo(units, reader.u32(), 'proven') }
  },
}

const signedRating: RecordFormat<SignedRating> = {
  name: 'rating',
  key: 32,
  most: 200_000,
  write(writer, { rating, tenant, signature }) {
    writer.hex(rating.lease, 32)
    writer.u8(stars(rating.stars))
    writer.hex(tenant, 20)
    const size = upTo(MAX_SIGNATURE_BYTES, (signature.length - 2) / 2, 'signature')
    writer.u16(size)
    writer.hex(signature, size)
  },
  read(reader) {
    const rating = { lease: reader.hex(32), stars: stars(reader.u8()) }
    const tenant = reader.hex(20)
    return { rating, tenant, signature: reader.hex(upTo(MAX_SIGNATURE_BYTES, reader.u16(), 'signature')) }
  },
}

/**
 * A batch as bytes: one encoding for one value. Hex is lower case.
 *
 * @throws {TenderError} `notCanonical` if a list is not sorted, a number is out of range, or it is too large for a part
 * @example
 * const part = encodeBatch(batch)
 * const header = { reports, era, monitor, digest: keccak256(part) }
 */
export function encodeBatch(batch: BatchView): Uint8Array {
  const writer = createWriter('batch', 256 + 91 * batch.observations.length)
  writer.hex(batch.monitor, 20)
  writer.big(batch.era, 1)
  writer.list(observation, batch.observations)
  writer.list(capacityCheck, batch.capacity)
  writer.list(signedRating, batch.ratings)
  return fitting(writer.done())
}

/** Reads {@link encodeBatch}'s bytes. @throws {TenderError} `notCanonical` for any others. */
export function decodeBatch(bytes: Uint8Array): Batch {
  const batch = openBatch(bytes)
  return { ...batch, observations: [...batch.observations] }
}

/** {@link decodeBatch} without making objects of the observations; everything is checked, and `bytes` must not change. */
export function openBatch(bytes: Uint8Array): PackedBatch {
  const reader = createReader('batch', fitting(bytes))
  const monitor = reader.hex(20)
  const era = reader.big(1)
  const observations = reader.packed(observation)
  const capacity = reader.list(capacityCheck)
  const ratings = reader.list(signedRating)
  reader.done()
  return { monitor, era, observations, capacity, ratings }
}

/** What a monitor signs in its `BatchHeader`, and the name of the batch's part. */
export function batchDigest(batch: BatchView): Hex {
  return hexOf(keccak(encodeBatch(batch)))
}

function stars(value: number): number {
  if (value < 1 || value > 5) throw notCanonical(`${value} stars`)
  return value
}

function fitting(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_BATCH_BYTES) throw notCanonical(`a batch of ${bytes.length} bytes`)
  return bytes
}
