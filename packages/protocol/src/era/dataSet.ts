import { type Address, type Hex, zeroHash } from 'viem'
import { z } from 'zod'
import { canonicalJson } from '../manifest/canonicalJson.ts'
import { hexOf } from './bytes.ts'
import { keccak } from './keccak.ts'
import { notCanonical } from './packing.ts'

// What a report can be rebuilt from. The data set itself is a small JSON text that names everything else by its hash: parts of the
// packed facts and states, and each monitor's batch. Its own hash is what the report's signers sign.

export const DATA_SET_VERSION = 1
export const MAX_DATA_SET_BYTES = 4 * 2 ** 20
/** Facts and states are cut into parts of this size; the last is smaller. */
export const PART_BYTES = 16 * 2 ** 20
const MAX_PARTS = 64
const MAX_MONITORS = 128
const MAX_RECOUNTS = 64

/** A batch by its hash, and its monitor's signature of the `BatchHeader`. */
export type SignedBatch = { monitor: Address; digest: Hex; signature: Hex }

/** What a recount is made of: the data set of the disputed era, and batches of that era that are known by now. */
export type RecountSource = { dispute: bigint; dataHash: Hex; batches: readonly SignedBatch[] }

export type DataSet = {
  version: typeof DATA_SET_VERSION
  reports: Address
  era: bigint
  attempt: number
  until: number
  root: Hex
  /** Hashes of the parts of the packed {@link EraFacts}. */
  facts: readonly Hex[]
  /** Hashes of the parts of the packed {@link EraState} that the era leaves. */
  state: readonly Hex[]
  /** Hash of the previous era's data set and its `state`; zero and none in the first. */
  previous: { dataHash: Hex; state: readonly Hex[] }
  /** Sorted by monitor and digest; who signed two of one era has both here, and neither counts. */
  batches: readonly SignedBatch[]
  /** Sorted by dispute. */
  recounts: readonly RecountSource[]
}

// CAST: the pattern is the type
const hex = (bytes: string) => z.string().regex(new RegExp(`^0x([0-9a-f]{2}){${bytes}}$`)) as z.ZodType<Hex>
const hash = hex('32')
const address = hex('20')
const u64 = z
  .string()
  .regex(/^(0|[1-9]\d{0,19})$/)
  .transform(BigInt)
  .refine((value) => value < 2n ** 64n)
const parts = z.array(hash).max(MAX_PARTS)
const signedBatches = z
  .array(z.strictObject({ monitor: address, digest: hash, signature: hex('64,65') }))
  .max(2 * MAX_MONITORS)

export const dataSetSchema = z.strictObject({
  version: z.literal(DATA_SET_VERSION),
  reports: address,
  era: u64,
  attempt: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  until: z
    .int()
    .min(0)
    .max(2 ** 40 - 1),
  root: hash,
  facts: parts,
  state: parts,
  previous: z.strictObject({ dataHash: hash, state: parts }),
  batches: signedBatches,
  recounts: z.array(z.strictObject({ dispute: u64, dataHash: hash, batches: signedBatches })).max(MAX_RECOUNTS),
}) satisfies z.ZodType<DataSet>

/** `previous` of the first data set. */
export const noPrevious: DataSet['previous'] = { dataHash: zeroHash, state: [] }

/** A data set as its canonical JSON: one text for one value. @throws {TenderError} `notCanonical` */
export function encodeDataSet(dataSet: DataSet): Uint8Array {
  const text = canonicalJson({
    ...dataSet,
    era: dataSet.era.toString(),
    recounts: dataSet.recounts.map((recount) => ({ ...recount, dispute: recount.dispute.toString() })),
  })
  const bytes = new TextEncoder().encode(text)
  if (bytes.length > MAX_DATA_SET_BYTES) throw notCanonical(`a data set of ${bytes.length} bytes`)
  return bytes
}

/** Reads {@link encodeDataSet}'s bytes. @throws {TenderError} `notCanonical` for any others. */
export function decodeDataSet(bytes: Uint8Array): DataSet {
  if (bytes.length > MAX_DATA_SET_BYTES) throw notCanonical(`a data set of ${bytes.length} bytes`)
  const dataSet = parseDataSet(bytes)
  sorted('batch', dataSet.batches, batchKey)
  sorted('recount', dataSet.recounts, ({ dispute }) => dispute)
  for (const { batches } of dataSet.recounts) sorted('batch', batches, batchKey)
  const again = encodeDataSet(dataSet)
  if (again.length !== bytes.length || again.some((byte, index) => byte !== bytes[index]))
    throw notCanonical('the data set has another form')
  return dataSet
}

/** What a `Report` commits to. */
export function dataHash(dataSet: DataSet): Hex {
  return hexOf(keccak(encodeDataSet(dataSet)))
}

/** Cuts packed facts or a packed state into parts; views into `bytes`, in order. */
export function splitParts(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / PART_BYTES)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES))
}

/** The name by which a part is asked for. */
export function partHash(part: Uint8Array): Hex {
  return hexOf(keccak(part))
}

function parseDataSet(bytes: Uint8Array): DataSet {
  try {
    return dataSetSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)))
  } catch (error) {
    throw notCanonical('it is no data set', undefined, error)
  }
}

const batchKey = ({ monitor, digest }: SignedBatch): string => `${monitor}${digest}`

function sorted<T>(name: string, list: readonly T[], key: (value: T) => string | bigint): void {
  const keys = list.map(key)
  const wrong = keys.findIndex((value, index) => index > 0 && value <= (keys[index - 1] ?? value))
  if (wrong >= 0) throw notCanonical(`${name} ${wrong} is not sorted or there twice`)
}
