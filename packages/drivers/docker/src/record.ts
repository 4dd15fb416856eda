import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExitResult, LeaseId } from '@tender/driver'
import { CorruptStateError } from '@tender/protocol'
import { z } from 'zod'
import { leaseIdPattern } from './handle.ts'

const portSchema = z.object({ target: z.int(), protocol: z.enum(['http', 'tls', 'tcp']) })

const serviceSchema = z.object({
  name: z.string(),
  shape: z.enum(['http', 'command']),
  ports: z.array(portSchema),
  dependsOn: z.record(z.string(), z.enum(['started', 'healthy', 'completed'])),
  restart: z.enum(['never', 'failed', 'always']),
  maxRetries: z.int().optional(),
  stopGraceMs: z.int().optional(),
  /** True if it writes to a volume: two of it must not run at once. */
  writes: z.boolean(),
})

const memberSchema = z.object({
  /** The container's name, which follows from the lease, the service, the replica and the hash of its configuration. */
  name: z.string(),
  service: z.string(),
  replica: z.int(),
  hash: z.string(),
  /** Index of its address in the lease's network. */
  address: z.int(),
})

const planSchema = z.object({
  specHash: z.string(),
  services: z.array(serviceSchema),
  members: z.array(memberSchema),
  runMs: z.number().optional(),
})

const recordSchema = z.object({
  version: z.literal(1),
  leaseId: z.string().regex(leaseIdPattern),
  revision: z.int().min(1),
  /** The run of the kernel under which its containers were made. */
  bootId: z.string(),
  phase: z.enum(['starting', 'running']),
  plan: planSchema,
  /** Engine's ids of the images in use. */
  images: z.array(z.string()),
  /** An update that was begun: what is to run, and which of the old containers it has stopped. */
  pending: z.object({ plan: planSchema, stopped: z.array(z.string()) }).optional(),
})

const endSchema = z.object({
  reason: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('exited'), code: z.int() }),
    z.object({ kind: z.literal('stopped') }),
    z.object({ kind: z.literal('killed'), by: z.enum(['memory', 'time', 'output', 'disk']), detail: z.string() }),
    z.object({ kind: z.literal('invalid'), detail: z.string() }),
    z.object({ kind: z.literal('crashed'), detail: z.string() }),
    z.object({ kind: z.literal('lost') }),
  ]),
  atMs: z.number(),
})

export type PlannedService = z.infer<typeof serviceSchema>
/** One container of a plan. */
export type Member = z.infer<typeof memberSchema>
/** What runs, or is to run: a spec without what only the making of containers needs, and without its secrets. */
export type Plan = z.infer<typeof planSchema>
/** What a lease has here. Written before each effect that it describes. */
export type LeaseRecord = z.infer<typeof recordSchema>

/** The folder of one lease: its record, its end once it has one, the wish to stop it, and its usage. */
export type Records = {
  /** @throws {CorruptStateError} */
  read(leaseId: LeaseId): LeaseRecord | undefined
  write(record: LeaseRecord): void
  end(leaseId: LeaseId): ExitResult | undefined
  /** The first end stays. Gives the one that counts. */
  keepEnd(leaseId: LeaseId, result: ExitResult): ExitResult
  isStopping(leaseId: LeaseId): boolean
  setStopping(leaseId: LeaseId): void
  /** JSON that the caller checks; `undefined` if there is none. */
  usage(leaseId: LeaseId): unknown
  setUsage(leaseId: LeaseId, usage: unknown): void
  remove(leaseId: LeaseId): void
  list(): LeaseId[]
}

const NAMES = { record: 'record.json', end: 'end.json', stopping: 'stopping', usage: 'usage.json' } as const

/** Records below `stateDir/leases`. */
export function createRecords(stateDir: string): Records {
  const root = join(stateDir, 'leases')
  const path = (leaseId: LeaseId, name: string) => join(root, leaseId, name)
  const write = (leaseId: LeaseId, name: string, value: unknown, place: typeof renameSync) => {
    mkdirSync(join(root, leaseId), { recursive: true, mode: 0o700 })
    const draft = path(leaseId, `${randomUUID()}.draft`)
    writeFileSync(draft, JSON.stringify(value), { mode: 0o600, flush: true })
    try {
      place(draft, path(leaseId, name))
    } finally {
      rmSync(draft, { force: true })
    }
  }
  const end = (leaseId: LeaseId) => readJson(path(leaseId, NAMES.end), endSchema)
  return {
    read: (leaseId) => readJson(path(leaseId, NAMES.record), recordSchema),
    // CAST: the schema holds the pattern of a lease id
    write: (record) => write(record.leaseId as LeaseId, NAMES.record, record, renameSync),
    end,
    keepEnd: (leaseId, result) => {
      try {
        write(leaseId, NAMES.end, result, linkSync)
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error
      }
      return end(leaseId) ?? result
    },
    isStopping: (leaseId) => readText(path(leaseId, NAMES.stopping)) !== undefined,
    setStopping: (leaseId) => writeFileSync(path(leaseId, NAMES.stopping), '', { mode: 0o600 }),
    usage: (leaseId) => readJson(path(leaseId, NAMES.usage), z.unknown()),
    setUsage: (leaseId, usage) => write(leaseId, NAMES.usage, usage, renameSync),
    remove: (leaseId) => rmSync(join(root, leaseId), { recursive: true, force: true }),
    list: () => {
      mkdirSync(root, { recursive: true, mode: 0o700 })
      // CAST: the pattern is a lease id's
      return readdirSync(root).filter((name) => leaseIdPattern.test(name)) as LeaseId[]
    },
  }
}

function readJson<T>(file: string, schema: z.ZodType<T>): T | undefined {
  const text = readText(file)
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    throw new CorruptStateError(file, { hint: 'Remove the folder of the lease to give the lease up.', cause: error })
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
