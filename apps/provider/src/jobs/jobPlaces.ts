import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TaskResult } from '@tender/driver'
import { concatHex, type Hex, keccak256, numberToHex } from 'viem'

/** Where on the disk a provider keeps what its jobs need and leave, beside the content store. */
export type JobPlaces = {
  /** The exported bundle. */
  bundle(leaseId: Hex): string
  /** An empty directory for a task's output, whatever was in it before. */
  output(leaseId: Hex, task: number): Promise<string>
  dropOutput(leaseId: Hex, task: number): Promise<void>
  /** Keeps what a task wrote to its log, and why it ended. */
  putLog(leaseId: Hex, task: number, log: TaskLog): Promise<void>
  /** `undefined` if there is none. */
  log(leaseId: Hex, task: number): Promise<TaskLog | undefined>
  /** Removes all of a job. */
  drop(leaseId: Hex): Promise<void>
  /** Removes all but these jobs. */
  retain(wanted: ReadonlySet<string>): Promise<void>
}

/** `end`: why it ended, in words. */
export type TaskLog = { end: string; lines: TaskResult['log'] }

/** Opens the places below an absolute directory. */
export function openJobPlaces(directory: string): JobPlaces {
  const of = (leaseId: Hex, ...parts: string[]) => join(directory, leaseId, ...parts)
  const output = (leaseId: Hex, task: number) => of(leaseId, 'outputs', String(task))
  const log = (leaseId: Hex, task: number) => of(leaseId, 'logs', `${task}.json`)
  return {
    bundle: (leaseId) => of(leaseId, 'bundle'),
    async output(leaseId, task) {
      const path = output(leaseId, task)
      await rm(path, { recursive: true, force: true })
      await mkdir(path, { recursive: true, mode: 0o700 })
      return path
    },
    dropOutput: (leaseId, task) => rm(output(leaseId, task), { recursive: true, force: true }),
    async putLog(leaseId, task, kept) {
      const path = log(leaseId, task)
      await mkdir(of(leaseId, 'logs'), { recursive: true, mode: 0o700 })
      await writeFile(`${path}.new`, JSON.stringify(kept), { mode: 0o600 })
      await rename(`${path}.new`, path)
    },
    async log(leaseId, task) {
      const path = log(leaseId, task)
      // CAST: written by `putLog`, whole or not at all
      return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as TaskLog) : undefined
    },
    drop: (leaseId) => rm(of(leaseId), { recursive: true, force: true }),
    async retain(wanted) {
      if (!existsSync(directory)) return
      for (const name of await readdir(directory)) {
        if (!wanted.has(name)) await rm(join(directory, name), { recursive: true, force: true })
      }
    },
  }
}

/** The same for each time that a task is run: a driver removes what an earlier one left. */
export function taskIdOf(leaseId: Hex, task: number): Hex {
  return keccak256(concatHex([leaseId, numberToHex(task, { size: 32 })]))
}

/** Bytes of all files below a directory. */
export async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries.map(async (entry) => (entry.isFile() ? (await stat(join(entry.parentPath, entry.name))).size : 0)),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
