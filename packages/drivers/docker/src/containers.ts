import { setTimeout as delay } from 'node:timers/promises'
import type { LeaseId } from '@tender/driver'
import { TimedOutError } from '@tender/protocol'
import type Docker from 'dockerode'
import { z } from 'zod'
import { type Engine, ignore } from './engine.ts'
import { statusOf } from './statusOf.ts'

/** On every container of this driver. `stop`: the signal that asks its process to end. `owner`: who its process is. */
export const LABELS = {
  lease: 'tender.lease',
  service: 'tender.service',
  replica: 'tender.replica',
  revision: 'tender.revision',
  config: 'tender.config',
  stop: 'tender.stop',
  owner: 'tender.owner',
} as const

const time = z.string().transform((text) => Math.max(Date.parse(text), 0))

const inspectSchema = z.object({
  Id: z.string(),
  Name: z.string().transform((name) => name.replace(/^\//, '')),
  LogPath: z.string().catch(''),
  RestartCount: z.int().catch(0),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Restarting: z.boolean(),
    OOMKilled: z.boolean().catch(false),
    Pid: z.int().catch(0),
    ExitCode: z.int(),
    Error: z.string().catch(''),
    StartedAt: time,
    FinishedAt: time,
    Health: z
      .object({
        Status: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
        Log: z.array(z.object({ ExitCode: z.int(), Output: z.string() })).nullish(),
      })
      .nullish(),
  }),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
})

/** A container as the engine sees it now. Times are Unix ms, 0 for never. */
export type Seen = {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly replica: number
  readonly state: 'created' | 'live' | 'ended'
  /** The engine is about to start it again. */
  readonly restarting: boolean
  readonly pid: number
  readonly exitCode: number
  readonly outOfMemory: boolean
  /** Why the engine could not start it; empty if it could. */
  readonly error: string
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly restarts: number
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  /** What its last failing check wrote. */
  readonly healthOutput: string
  readonly logPath: string
  readonly labels: Readonly<Record<string, string>>
}

/** All containers of a lease, of whichever revision. */
export async function lookAt(engine: Engine, leaseId: LeaseId): Promise<Seen[]> {
  const filters = { label: [`${LABELS.lease}=${leaseId}`] }
  const list = await engine.calls.listContainers({ all: true, filters })
  // One that goes in between is gone.
  const found = await Promise.all(list.map(({ Id }) => lookAtOne(engine, Id)))
  return found.filter((container) => container !== undefined)
}

function seenOf(container: unknown): Seen {
  const { Id, Name, LogPath, RestartCount, State, Config } = inspectSchema.parse(container)
  const labels = Config.Labels ?? {}
  const failure = State.Health?.Log?.findLast(({ ExitCode }) => ExitCode !== 0)
  return {
    id: Id,
    name: Name,
    service: labels[LABELS.service] ?? '',
    replica: Number(labels[LABELS.replica] ?? 0),
    state: State.Running || State.Restarting ? 'live' : State.StartedAt === 0 && !State.Error ? 'created' : 'ended',
    restarting: State.Restarting,
    pid: State.Pid,
    exitCode: State.ExitCode,
    outOfMemory: State.OOMKilled,
    error: State.Error,
    startedAtMs: State.StartedAt,
    finishedAtMs: State.FinishedAt,
    restarts: RestartCount,
    health: State.Health?.Status ?? 'none',
    healthOutput: failure?.Output.trim().slice(-500) ?? '',
    logPath: LogPath,
    labels,
  }
}

/** Exit code of what was killed. */
const KILLED = 137
/** That memory ran out the kernel tells the engine by another way than the end, which may be told first. */
const OUT_OF_MEMORY_TOLD_MS = 500

/** What the engine says about an id or a name, or `undefined`. */
export async function lookAtOne(engine: Engine, name: string): Promise<Seen | undefined> {
  const seen = await inspect(engine, name)
  if (seen?.state !== 'ended' || seen.exitCode !== KILLED || seen.outOfMemory) return seen
  const leftMs = OUT_OF_MEMORY_TOLD_MS - Math.max(0, Date.now() - seen.finishedAtMs)
  if (leftMs <= 0) return seen
  await delay(leftMs)
  return inspect(engine, name)
}

async function inspect({ calls }: Engine, name: string): Promise<Seen | undefined> {
  const found = await calls.getContainer(name).inspect().catch(ignore(404))
  return found === undefined ? undefined : seenOf(found)
}

/** For a process that was killed to be gone, and the engine to know. */
const KILL_MS = 30_000
const REMOVE_POLL_MS = 50
const REMOVE_MS = 120_000

/**
 * Asks a container to end, waits, then kills it. The engine does not start it again, nor after it was itself started anew.
 * Idempotent.
 */
export async function stopContainer({ calls, streams }: Engine, { id, labels }: Seen, graceMs: number): Promise<void> {
  const container = calls.getContainer(id)
  await container.update({ RestartPolicy: { Name: 'no' } }).catch(ignore(404, 409))
  const waited = streams.getContainer(id)
  if (graceMs > 0) {
    await container.kill({ signal: labels[LABELS.stop] || 'SIGTERM' }).catch(ignore(404, 409))
    if (await isOver(waited, graceMs)) return
  }
  await container.kill({ signal: 'SIGKILL' }).catch(ignore(404, 409))
  if (await isOver(waited, KILL_MS)) return
  throw new TimedOutError(`the end of container ${id}`, { limitMs: KILL_MS })
}

async function isOver(container: Docker.Container, limitMs: number): Promise<boolean> {
  const signal = AbortSignal.timeout(limitMs)
  try {
    await container.wait({ abortSignal: signal })
    return true
  } catch (error) {
    if (signal.aborted) return false
    if (statusOf(error) === 404) return true
    throw error
  }
}

/** Removes a container, running or not, with what it wrote. Idempotent. */
export async function removeContainer({ calls }: Engine, id: string): Promise<void> {
  const container = calls.getContainer(id)
  const limit = AbortSignal.timeout(REMOVE_MS)
  await container.remove({ force: true, v: true }).catch(ignore(404, 409))
  // 409: somebody else is at it.
  while (await container.inspect().catch(ignore(404))) {
    if (limit.aborted) throw new TimedOutError(`the removal of container ${id}`, { limitMs: REMOVE_MS })
    await delay(REMOVE_POLL_MS)
    await container.remove({ force: true, v: true }).catch(ignore(404, 409))
  }
}
