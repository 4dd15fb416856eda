import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import {
  bytes32Schema,
  CorruptStateError,
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
  /** Absolute path. */
  composeFile: z.string(),
  order: orderSchema,
  signature: signatureSchema,
  manifest: manifestSchema,
  /** Absolute paths of the files that travel with the manifest, by SHA-256. */
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

/** Records of one kind, each a JSON file that people can read. */
export type Records<Value> = {
  get(id: string): Promise<Value | undefined>
  /** Replaces the file as a whole. Survives a crash once it resolves. */
  put(id: string, value: Value): Promise<void>
  all(): Promise<Value[]>
  /**
   * The one record whose id begins with `prefix`.
   * @throws {TenderError} `notFound`, `ambiguous`
   */
  find(prefix: string): Promise<Value>
}

export type TenantRecords = { orders: Records<OrderRecord>; leases: Records<TenantLease> }

/** Opens a tenant's records below an absolute directory. */
export async function openTenantRecords(directory: string): Promise<TenantRecords> {
  return {
    orders: await openRecords(join(directory, 'orders'), 'order', orderRecordSchema),
    leases: await openRecords(join(directory, 'leases'), 'lease', tenantLeaseSchema),
  }
}

async function openRecords<Value>(directory: string, kind: string, schema: z.ZodType<Value>): Promise<Records<Value>> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const fileOf = (id: string) => join(directory, `${id}.json`)

  async function ids(): Promise<string[]> {
    const names = await readdir(directory)
    return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
  }

  async function get(id: string): Promise<Value | undefined> {
    try {
      return schema.parse(JSON.parse(await readFile(fileOf(id), 'utf8')))
    } catch (cause) {
      // CAST: only an error of the file system has a code
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new CorruptStateError(fileOf(id), { hint: `Move it away to go on without this ${kind}.`, cause })
    }
  }

  return {
    get,
    async put(id, value) {
      const temporary = join(directory, `.${randomUUID()}`)
      const file = await open(temporary, 'wx', 0o600)
      try {
        await file.writeFile(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item), 2))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, fileOf(id))
    },
    async all() {
      const values = await Promise.all((await ids()).map(get))
      return values.filter((value) => value !== undefined)
    },
    async find(prefix) {
      const wanted = prefix.toLowerCase()
      const matches = (await ids()).filter((id) => id.startsWith(wanted) || id.slice(2).startsWith(wanted))
      const [id] = matches
      const value = id !== undefined && matches.length === 1 ? await get(id) : undefined
      if (value) return value
      throw matches.length > 1 ? ambiguous(kind, prefix, matches) : unknown(kind, prefix)
    },
  }
}

function ambiguous(kind: string, prefix: string, matches: readonly string[]): TenderError {
  return new TenderError(
    `${matches.length} ${kind}s begin with ${prefix}: ${matches.slice(0, 5).map(shortId).join(', ')}`,
    {
      code: 'ambiguous',
      class: 'user',
      hint: 'Give more of the id.',
    },
  )
}

function unknown(kind: string, prefix: string): TenderError {
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
