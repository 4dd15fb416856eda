import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExitReason, ExitResult, WorkloadSpec, WorkloadUsage } from '@tender/driver'

/**
 * What lies in a lease's folder. The folder appears whole (record and module), everything else is added to it.
 * Paths in here are the whole interface between a workload's process and the drivers that come and go.
 */
export const fileNames = {
  /** {@link LeaseRecord}; holds secrets. */
  record: 'record.json',
  /** The tenant's module, a copy. */
  module: 'module.wasm',
  /** {@link Ready}: the workload may have begun to run. */
  ready: 'ready.json',
  /** Empty. There since somebody asked it to stop: if it is gone without a word, that is why. */
  stopping: 'stopping.json',
  /** `ExitResult`: nothing runs any more, and nothing will again. Whoever creates it first is right. */
  exit: 'exit.json',
  /** {@link ProcessUsage}, replaced every second. */
  usage: 'usage.json',
  /** `LogLine` per line; when full it becomes `olderLog`. */
  log: 'log.jsonl',
  olderLog: 'log.1.jsonl',
  /** What the runtime itself printed, should it fail to start. */
  boot: 'boot.log',
} as const

/** {@link Claim}: says which process is the lease's one process. Numbered from 1; the last counts. */
export function claimName(attempt: number): string {
  return `claim.${attempt}.json`
}

/** `startedTicks` tells a process from a later one of the same pid; null where the system does not say. */
export type Claim = { pid: number; startedTicks: number | null }
/** `port` is null if nothing listens. */
export type Ready = { port: number | null }
/** What a lease's process used so far. */
export type ProcessUsage = Omit<WorkloadUsage, 'services'>
export type LeaseRecord = { version: 1; spec: WorkloadSpec; token: string }

/** Carries the token that keeps everybody but the provider's ingress out. */
export const tokenHeader = 'x-tender-token'

/** Replaces a file in one step. */
export function replaceFile(directory: string, name: string, value: unknown): void {
  const temporary = writeTemporary(directory, name, value)
  renameSync(temporary, join(directory, name))
}

/** Creates a file in one step; false if there is one already. */
export function createFile(directory: string, name: string, value: unknown): boolean {
  const temporary = writeTemporary(directory, name, value)
  try {
    linkSync(temporary, join(directory, name))
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** What a file holds, or undefined if there is none. */
export function readJson(directory: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(directory, name), 'utf8'))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Records how a workload ended, unless somebody already has. */
export function recordExit(directory: string, reason: ExitReason): void {
  const result: ExitResult = { reason, atMs: Date.now() }
  createFile(directory, fileNames.exit, result)
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}

let writes = 0

function writeTemporary(directory: string, name: string, value: unknown): string {
  writes += 1
  const temporary = join(directory, `.${name}.${process.pid}.${writes}`)
  try {
    writeFileSync(temporary, JSON.stringify(value), { mode: 0o600 })
    return temporary
  } catch (error) {
    // On a full disk there is room for a name, though not for what is in it.
    rmSync(temporary, { force: true })
    throw error
  }
}
