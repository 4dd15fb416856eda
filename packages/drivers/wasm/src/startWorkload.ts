import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Handle, StartFailedError, type WorkloadSpec } from '@tender/driver'
import { claimName, createFile, fileNames, hasCode } from './child/files.ts'
import { limits } from './child/limits.ts'
import { childPrograms } from './childPrograms.ts'
import { createHandle } from './handle.ts'
import {
  createLeaseDirectory,
  type LeaseDirectory,
  openLeaseDirectory,
  removeLeaseDirectory,
} from './leaseDirectory.ts'
import { poll } from './poll.ts'
import { isAlive, signalChild, spawnChild } from './processes.ts'

const READY_POLL_MS = 5
/** Compiling and instantiating have limits of their own below this. */
const START_MS = limits.loadWaitMs + 15_000

/**
 * Starts a lease's one process, whoever else tries at the same time, and whatever an earlier try that was killed has left.
 *
 * A process does nothing before the claim that names it is written, and claims are numbered and created exclusively: so of
 * several that try only one gets to run, and one whose parent was killed before the claim ends by itself.
 */
export async function startWorkload(stateDir: string, spec: WorkloadSpec, signal: AbortSignal): Promise<Handle> {
  signal.throwIfAborted()
  const directory = openLeaseDirectory(stateDir, spec.leaseId)
  const created = !directory.exists()
  if (created) await prepare(stateDir, spec)
  const timeout = AbortSignal.timeout(START_MS)
  const spawned = new Set<number>()
  try {
    const programs = await childPrograms(stateDir)
    return await poll(
      () => advance(directory, { spec, programs, spawned }),
      READY_POLL_MS,
      AbortSignal.any([signal, timeout]),
    )
  } catch (error) {
    if (created || spawned.size > 0) await undo(stateDir, directory, spec)
    if (timeout.aborted && !signal.aborted)
      throw new StartFailedError(spec.leaseId, `not ready after ${START_MS} ms`, error)
    throw error
  }
}

async function prepare(stateDir: string, spec: WorkloadSpec): Promise<void> {
  try {
    await createLeaseDirectory(stateDir, spec, limits.moduleBytes)
  } catch (error) {
    throw new StartFailedError(spec.leaseId, 'its folder could not be made', error)
  }
}

/** One step: the handle if the workload is started, else undefined. */
async function advance(
  directory: LeaseDirectory,
  { spec, programs, spawned }: { spec: WorkloadSpec; programs: string; spawned: Set<number> },
): Promise<Handle | undefined> {
  const attempt = await directory.lastAttempt()
  const claim = directory.claim(attempt)
  // Read before the files that a process writes before it ends.
  const alive = claim !== undefined && isAlive(claim)
  if (directory.exit() || directory.ready()) return createHandle(spec.leaseId, attempt)
  if (alive) return undefined
  if (spawned.has(attempt))
    throw new StartFailedError(spec.leaseId, `its process ended: ${bootMessage(directory.path)}`)
  const next = attempt + 1
  const child = await spawnChild(programs, directory.path, next)
  if (!child) throw new StartFailedError(spec.leaseId, `its process ended: ${bootMessage(directory.path)}`)
  if (createFile(directory.path, claimName(next), child)) spawned.add(next)
  else signalChild(child, 'SIGKILL')
  return undefined
}

async function undo(stateDir: string, directory: LeaseDirectory, spec: WorkloadSpec): Promise<void> {
  const claim = directory.claim(await directory.lastAttempt())
  if (claim) signalChild(claim, 'SIGKILL')
  await removeLeaseDirectory(stateDir, spec.leaseId)
}

function bootMessage(path: string): string {
  try {
    return readFileSync(join(path, fileNames.boot), 'utf8').trim().slice(-500) || 'it said nothing'
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'it said nothing'
    throw error
  }
}
