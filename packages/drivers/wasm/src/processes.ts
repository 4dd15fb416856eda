import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { type Claim, fileNames, hasCode } from './child/files.ts'
import { shimDirectory } from './childPrograms.ts'
import { poll } from './poll.ts'

/** Behind the provider's own work, so that busy tenants cannot make it late. */
const NICENESS = 5
/** The first to go when the host runs out of memory. */
const OUT_OF_MEMORY_SCORE = '1000'

/**
 * Starts a lease's process: a group of its own that no pipe ties to us, with an empty environment, which may read its own
 * programs, read and write the lease's directory, start threads, and nothing else. Undefined if it died at once.
 *
 * @param programs see `childPrograms`
 */
export async function spawnChild(programs: string, directory: string, attempt: number): Promise<Claim | undefined> {
  const boot = openSync(join(directory, fileNames.boot), 'a', 0o600)
  const child = spawn(
    process.execPath,
    [...childFlags(programs, directory), join(programs, 'main.mjs'), directory, String(attempt)],
    {
      cwd: directory,
      detached: true,
      env: {},
      stdio: ['ignore', boot, boot],
    },
  )
  closeSync(boot)
  child.unref()
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const claim = child.pid === undefined ? undefined : claimOf(child.pid)
  if (claim) lower(claim.pid)
  return claim
}

/** What the process of a task may touch, besides its programs. */
export type TaskAccess = { programs: string; readable: readonly string[]; writable: string }

/** The process of a task: like that of a lease, but tied to us by a channel, and it reads and writes what it is told. */
export async function spawnTask({ programs, readable, writable }: TaskAccess): Promise<ChildProcess> {
  // No flag for the engine: with one it compiles Node's own code anew in each thread. One instance at a time needs none of a lease's.
  const flags = permissions([programs, ...readable], writable)
  const child = spawn(process.execPath, [...flags, join(programs, 'task.mjs')], {
    cwd: '/',
    detached: true,
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  if (child.pid !== undefined) lower(child.pid)
  return child
}

/** Names a process that runs; undefined if it is gone. */
export function claimOf(pid: number): Claim | undefined {
  const stat = readStat(pid)
  if (stat === 'gone') return undefined
  return { pid, startedTicks: stat === 'unknown' ? null : stat.startedTicks }
}

/** What Node lets the process of a lease do, and how it runs instances. */
export function childFlags(programs: string, directory: string): string[] {
  return [
    ...permissions([programs, directory], directory),
    '--expose-gc',
    // Else each instance reserves 8 GiB of addresses; without it twice as many small requests a second were measured.
    '--wasm-enforce-bounds-checks',
  ]
}

function permissions(readable: readonly string[], writable: string): string[] {
  return [
    '--permission',
    ...[...readable, shimDirectory].map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${writable}`,
    '--allow-worker',
    '--no-warnings',
  ]
}

function lower(pid: number): void {
  try {
    setPriority(pid, NICENESS)
    writeFileSync(`/proc/${pid}/oom_score_adj`, OUT_OF_MEMORY_SCORE)
  } catch (error) {
    // Gone already, or a system without /proc: both only make us a little less safe from a busy host.
    if (!hasCode(error, 'ENOENT', 'ESRCH', 'EACCES', 'ERR_SYSTEM_ERROR')) throw error
  }
}

/** True if exactly this process still runs. */
export function isAlive({ pid, startedTicks }: Claim): boolean {
  const stat = readStat(pid)
  if (stat === 'gone') return false
  if (stat === 'unknown') return signal(pid, 0)
  return stat.startedTicks === startedTicks && stat.state !== 'Z' && stat.state !== 'X'
}

const GONE_POLL_MS = 10
/** For the system to remove a process that was killed. */
const KILL_MS = 10_000

/** Resolves when the process is gone or the time is up. */
export async function gone(claim: Claim, withinMs = KILL_MS): Promise<void> {
  const until = Date.now() + withinMs
  const never = new AbortController().signal
  await poll(() => (!isAlive(claim) || Date.now() >= until ? true : undefined), GONE_POLL_MS, never)
}

/** Sends a signal, if exactly this process still runs. */
export function signalChild(claim: Claim, name: 'SIGTERM' | 'SIGKILL'): void {
  if (isAlive(claim)) signal(claim.pid, name)
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false
    throw error
  }
}

/** The fields of `/proc/PID/stat` that we need (proc(5)); they follow the name, which may hold anything but ends at the last ')'. */
function readStat(pid: number): { state: string; startedTicks: number } | 'gone' | 'unknown' {
  if (process.platform !== 'linux') return 'unknown'
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startedTicks: Number(fields[19]) }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return 'gone'
    throw error
  }
}
