import {
  addressSchema,
  bytes32Schema,
  manifestSchema,
  type Order,
  type OrderAnswer,
  orderAnswerSchema,
  orderSchema,
  publicKeySchema,
  signatureSchema,
  TenderError,
  termsSchema,
  uintBigint,
} from '@tender/protocol'
import { z } from 'zod'

const dialableSchema = z.strictObject({
  publicKey: publicKeySchema,
  addresses: z.array(z.string().max(512)).max(16),
})

/** A provider's answer to an order. */
const receivedSchema = z.strictObject({
  provider: uintBigint(64),
  from: dialableSchema,
  answer: orderAnswerSchema,
  /** Unix milliseconds. */
  receivedAtMs: z.number(),
})

/** An order as its tenant keeps it: enough to go on with it after a crash, and to explain it later. */
export const orderRecordSchema = z.strictObject({
  version: z.literal(1),
  id: bytes32Schema,
  /** What the tenant calls it: the Compose project's name or its directory's. */
  name: z.string(),
  /** Unix milliseconds. */
  placedAtMs: z.number(),
  /** Which file it was ordered with: its absolute path, or whatever else says that two orders are for the same. */
  composeFile: z.string(),
  order: orderSchema,
  signature: signatureSchema,
  manifest: manifestSchema,
  /** Where the files that travel with the manifest are, by SHA-256, see `Sources`. */
  files: z.record(bytes32Schema, z.string()),
  answers: z.array(receivedSchema),
  leases: z.array(bytes32Schema),
  /** The match was sent, or was about to be: whether it was mined, the chain knows. */
  matching: z.boolean(),
})
export type ReceivedRecord = Omit<z.output<typeof receivedSchema>, 'answer'> & { answer: OrderAnswer }
export type OrderRecord = Omit<z.output<typeof orderRecordSchema>, 'order' | 'answers'> & {
  order: Order
  answers: readonly ReceivedRecord[]
}

/** A lease as its tenant keeps it: where its provider is found, and what it is for. */
export const tenantLeaseSchema = z.strictObject({
  version: z.literal(1),
  leaseId: bytes32Schema,
  name: z.string(),
  terms: termsSchema,
  provider: dialableSchema,
  url: z.string().optional(),
  /** Whose key speaks for it since a Session named it; absent while that is its order's agent. */
  agent: addressSchema.optional(),
  /** What runs since its last update; absent while that is what was ordered. */
  manifest: manifestSchema.optional(),
  /** Number of that update, 0 for what was ordered. */
  revision: z.int().min(0).optional(),
  /** An update that was sent, or was about to be, and of which its provider has not said how it ended. */
  pending: z
    .strictObject({
      revision: z.int().min(1),
      manifest: manifestSchema,
      files: z.record(bytes32Schema, z.string()),
    })
    .optional(),
  /** The leave that its provider was given last to prolong it. Unix seconds; smallest units for the whole lease. */
  prolonging: z
    .strictObject({
      runwaySeconds: z.int().min(0),
      until: z.int().min(0),
      most: uintBigint(96),
      /** When it was taken back, as far as that can be; its signature is good until `until` all the same. */
      stoppedAt: z.int().min(0).optional(),
    })
    .optional(),
})
export type TenantLease = z.output<typeof tenantLeaseSchema>

/** Records of one kind by id, wherever they are kept. */
export type Records<Value> = {
  get(id: string): Promise<Value | undefined>
  /** Replaces the record as a whole. Survives a crash once it resolves. */
  put(id: string, value: Value): Promise<void>
  all(): Promise<Value[]>
  /**
   * The one record whose id begins with `prefix`.
   * @throws {TenderError} `notFound`, `ambiguous`
   */
  find(prefix: string): Promise<Value>
}

export type TenantRecords = { orders: Records<OrderRecord>; leases: Records<TenantLease> }

/** What `find` throws if more than one id begins like that. */
export function ambiguous(kind: string, prefix: string, matches: readonly string[]): TenderError {
  return new TenderError(
    `${matches.length} ${kind}s begin with ${prefix}: ${matches.slice(0, 5).map(shortId).join(', ')}`,
    {
      code: 'ambiguous',
      class: 'user',
      hint: 'Give more of the id.',
    },
  )
}

/** What `find` throws if no id begins like that. */
export function unknown(kind: string, prefix: string): TenderError {
  return new TenderError(`no ${kind} of yours begins with ${prefix}`, {
    code: 'notFound',
    class: 'notFound',
    hint: 'List what there is with `tender ps --all`.',
  })
}

/** An id as people read and type it. */
export function shortId(id: string): string {
  return id.slice(0, 10)
}
