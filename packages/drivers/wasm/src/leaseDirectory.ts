import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ExitResult, type LeaseId, UnsupportedWorkloadError, type WorkloadSpec } from '@tender/driver'
import { CorruptStateError } from '@tender/protocol'
import { z } from 'zod'
import {
  type Claim,
  claimName,
  fileNames,
  hasCode,
  type LeaseRecord,
  type ProcessUsage,
  type Ready,
  readJson,
  recordExit,
  replaceFile,
} from './child/files.ts'

const leaseIdSchema = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)])
const count = z.number().int().nonnegative()

/** Why something ended, as its process says. */
export const exitSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exited'), code: z.number().int() }),
  z.object({ kind: z.literal('stopped') }),
  z.object({ kind: z.literal('killed'), by: z.enum(['memory', 'time', 'output', 'disk']), detail: z.string() }),
  z.object({ kind: z.literal('invalid'), detail: z.string() }),
  z.object({ kind: z.literal('crashed'), detail: z.string() }),
  z.object({ kind: z.literal('lost') }),
])

const schemas = {
  record: z.object({
    version: z.literal(1),
    token: z.string().min(32),
    spec: z.object({
      leaseId: leaseIdSchema,
      services: z.array(
        z.object({
          name: z.string(),
          shape: z.enum(['http', 'command']),
          image: z.object({ kind: z.literal('file'), path: z.string() }),
          args: z.array(z.string()),
          environment: z.record(z.string(), z.string()),
          replicas: count,
        }),
      ),
      limits: z.object({
        cpuMilli: count,
        memoryBytes: count,
        diskBytes: count,
        runMs: count.optional(),
        requestMs: count.optional(),
      }),
    }),
  }),
  claim: z.object({ pid: z.number().int().positive(), startedTicks: z.number().nullable() }),
  ready: z.object({ port: z.number().int().positive().nullable() }),
  exit: z.object({ atMs: count, reason: exitSchema }),
  usage: z.object({ atMs: count, cpuMs: count, memoryBytes: count, memoryPeakBytes: count }),
}

/** One lease's folder, read as it is now: nothing is remembered between calls. */
export type LeaseDirectory = {
  readonly path: string
  exists(): boolean
  record(): LeaseRecord
  claim(attempt: number): Claim | undefined
  /** The number of the last claim, 0 if there is none. */
  lastAttempt(): Promise<number>
  ready(): Ready | undefined
  isStopping(): boolean
  exit(): ExitResult | undefined
  usage(): ProcessUsage | undefined
}

export function openLeaseDirectory(stateDir: string, leaseId: LeaseId): LeaseDirectory {
  const path = join(stateDir, 'leases', leaseId)
  const read = <T>(name: string, schema: z.ZodType<T>) => parseFile(path, name, schema)
  return {
    path,
    exists: () => existsSync(path),
    record: () => {
      const record = read(fileNames.record, schemas.record)
      if (!record) throw corrupt(join(path, fileNames.record), undefined)
      // CAST: zod's optional keys may be undefined, which JSON never holds.
      return record as LeaseRecord
    },
    claim: (attempt) => read(claimName(attempt), schemas.claim),
    lastAttempt: async () => {
      const names = await readdir(path).catch(emptyIfMissing)
      return Math.max(0, ...names.map((name) => Number(/^claim\.(\d+)\.json$/.exec(name)?.[1] ?? 0)))
    },
    ready: () => read(fileNames.ready, schemas.ready),
    isStopping: () => existsSync(join(path, fileNames.stopping)),
    exit: () => read(fileNames.exit, schemas.exit),
    usage: () => read(fileNames.usage, schemas.usage),
  }
}

/**
 * Makes a lease's folder, which appears in one step with record and module, unless it is there already.
 * A module larger than `maximumBytes` is not copied; that lease has then ended as it begins.
 */
export async function createLeaseDirectory(stateDir: string, spec: WorkloadSpec, maximumBytes: number): Promise<void> {
  const token = randomBytes(32).toString('hex')
  const staging = join(stateDir, 'staging', `${spec.leaseId}.${token.slice(0, 8)}`)
  await mkdir(staging, { recursive: true, mode: 0o700 })
  await mkdir(join(stateDir, 'leases'), { recursive: true, mode: 0o700 })
  try {
    replaceFile(staging, fileNames.record, { version: 1, spec, token } satisfies LeaseRecord)
    await copyModule(spec, staging, maximumBytes)
    await rename(staging, join(stateDir, 'leases', spec.leaseId))
  } catch (error) {
    // Somebody else was first; theirs is as good.
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function copyModule({ services: [service] }: WorkloadSpec, staging: string, maximumBytes: number): Promise<void> {
  if (!service) throw new Error('the spec has no service')
  const { image } = service
  if (image.kind !== 'file')
    throw new UnsupportedWorkloadError('wasm', 'a module comes with the manifest, it is not fetched')
  const { size } = await stat(image.path)
  if (size <= maximumBytes) return copyFile(image.path, join(staging, fileNames.module))
  recordExit(staging, { kind: 'invalid', detail: `the module has ${size} bytes, the limit is ${maximumBytes}` })
}

/** Makes a lease's folder vanish in one step, then removes it. */
export async function removeLeaseDirectory(stateDir: string, leaseId: LeaseId): Promise<void> {
  const trash = join(stateDir, 'trash', `${leaseId}.${randomBytes(4).toString('hex')}`)
  await mkdir(join(stateDir, 'trash'), { recursive: true, mode: 0o700 })
  try {
    await rename(join(stateDir, 'leases', leaseId), trash)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  // Also what a removal that was cut off has left.
  await rm(join(stateDir, 'trash'), { recursive: true, force: true })
}

function parseFile<T>(directory: string, name: string, schema: z.ZodType<T>): T | undefined {
  const file = join(directory, name)
  let json: unknown
  try {
    json = readJson(directory, name)
  } catch (error) {
    if (error instanceof SyntaxError) throw corrupt(file, error)
    throw error
  }
  if (json === undefined) return undefined
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw corrupt(file, parsed.error)
  return parsed.data
}

function corrupt(file: string, cause: unknown): CorruptStateError {
  return new CorruptStateError(file, { hint: 'Destroy this lease; no other one depends on it.', cause })
}

function emptyIfMissing(error: unknown): string[] {
  if (hasCode(error, 'ENOENT')) return []
  throw error
}
