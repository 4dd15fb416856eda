import { mkdir, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ContainerDriver,
  type ExitReason,
  type Handle,
  type LogLine,
  MAX_TASK_LOG_BYTES,
  type TaskResult,
  type TaskSpec,
  type Usage,
  type WorkloadSpec,
} from '@tender/driver'
import { copyTree, emptyFolder, sizeOfTree } from './copyTree.ts'
import { leaseIdPattern } from './handle.ts'
import { atLast, type Host } from './host.ts'
import { withLock } from './leaseLock.ts'

const MIB = 2 ** 20
/** What a file system takes for each file, and for itself, beside the content. */
const ENTRY_BYTES = 8_192
const SPARE_BYTES = 8 * MIB
/** Where an output has so little room left, what failed failed by that. */
const FULL_BYTES = 65_536
const USAGE_MS = 500
const MOST_LINES = 10_000

/** A job's next task wants the same image again. */
export const SPARE_IMAGE_MS = 10 * 60_000

type Started = Pick<ContainerDriver, 'start' | 'find' | 'wait' | 'usage' | 'logs' | 'destroy'>

/**
 * Runs one task as a workload of its own, under the task's id: with two volumes, for its input and its output, and all that keeps
 * workloads apart. Its marker lies in `stateDir/tasks` as long as it runs, and its lock is held: a marker without a lock is of a
 * process that was killed.
 */
export function runTask(host: Host, driver: Started, spec: TaskSpec, signal: AbortSignal): Promise<TaskResult> {
  const marker = join(host.stateDir, 'tasks', spec.id)
  const run = async () => {
    await mkdir(join(host.stateDir, 'tasks'), { recursive: true, mode: 0o700 })
    await writeFile(marker, '', { mode: 0o600 })
    try {
      await remove(host, driver, spec.id)
      await emptyFolder(spec.outputDir)
      return await runOnce(host, driver, spec, signal)
    } finally {
      await remove(host, driver, spec.id)
      await rm(marker, { force: true })
    }
  }
  return withLock(host.stateDir, lockOf(spec.id), run, signal)
}

/** Removes what tasks of killed processes have left. What somebody still runs is left alone. */
export async function sweepTasks(host: Host, driver: Started): Promise<void> {
  const names: string[] = await readdir(join(host.stateDir, 'tasks')).catch(() => [])
  for (const id of names.filter((name): name is TaskSpec['id'] => leaseIdPattern.test(name))) {
    const tidy = async () => {
      await remove(host, driver, id)
      await rm(join(host.stateDir, 'tasks', id), { force: true })
    }
    const now = AbortSignal.timeout(1)
    await withLock(host.stateDir, lockOf(id), tidy, now).catch((error: unknown) => {
      if (!now.aborted || error !== now.reason) throw error
    })
  }
}

function lockOf(id: string): string {
  return `task ${id}`
}

async function remove({ volumes }: Host, driver: Started, id: TaskSpec['id']): Promise<void> {
  const handle = await driver.find(id)
  if (handle) await driver.destroy(handle)
  await volumes.drop(id, atLast())
}

async function runOnce(host: Host, driver: Started, spec: TaskSpec, signal: AbortSignal): Promise<TaskResult> {
  const input = spec.inputDir === undefined ? { bytes: 0, entries: 0 } : await sizeOfTree(spec.inputDir)
  const volumes = [
    { name: 'input', sizeBytes: roomFor(input.bytes, input.entries) },
    { name: 'output', sizeBytes: roomFor(spec.limits.diskBytes, 0) },
  ]
  const folders = await host.volumes.ensure(spec.id, volumes.slice(0, 1), {}, signal)
  const inputFolder = folders.get('input')
  if (inputFolder === undefined) throw new TypeError('no folder for the input')
  if (spec.inputDir !== undefined) await copyTree(spec.inputDir, inputFolder)
  const handle = await driver.start(workloadOf(spec, volumes), signal)
  const usage = await usageUntilEnd(driver, handle, signal)
  const { reason } = await driver.wait(handle, signal)
  for (const image of host.records.read(spec.id)?.images ?? []) host.images.spare(image, SPARE_IMAGE_MS)
  const log = await lastLines(driver, handle, signal)
  const output = (await host.volumes.ensure(spec.id, volumes, {}, signal)).get('output')
  if (output === undefined) throw new TypeError('no folder for the output')
  const judged = await judge(reason, output, spec.limits.diskBytes)
  if (judged.kind === 'exited') await copyTree(output, spec.outputDir)
  return { reason: judged, usage, log }
}

/** An output is counted by its files' content; what the file system takes beside it is nobody's. */
function roomFor(bytes: number, entries: number): number {
  return Math.ceil(bytes * 1.05) + entries * ENTRY_BYTES + SPARE_BYTES
}

function workloadOf(spec: TaskSpec, volumes: NonNullable<WorkloadSpec['volumes']>): WorkloadSpec {
  const { id, image, entrypoint, args, environment, limits, gpus, network } = spec
  return {
    leaseId: id,
    services: [
      {
        name: 'task',
        shape: 'command',
        image,
        ...(entrypoint && { entrypoint }),
        args,
        environment,
        replicas: 1,
        // Its limit of time is its only check.
        healthcheck: 'none',
        volumes: [
          { volume: 'input', path: '/input', readOnly: true },
          { volume: 'output', path: '/output', readOnly: false },
        ],
      },
    ],
    limits,
    volumes,
    ...(gpus && { gpus }),
    ...(network && { network }),
  }
}

/** The engine counts no more once a container has ended, so that it is asked while it runs. */
async function usageUntilEnd(driver: Started, handle: Handle, signal: AbortSignal): Promise<Usage> {
  const ended = driver.wait(handle, signal)
  let over = false
  const done = ended.then(
    () => {
      over = true
    },
    () => {
      over = true
    },
  )
  for (;;) {
    const { cpuMs, memoryPeakBytes } = await driver.usage(handle)
    if (over) {
      await ended
      return { cpuMs, memoryPeakBytes }
    }
    let timer: NodeJS.Timeout | undefined
    await Promise.race([done, new Promise((look) => (timer = setTimeout(look, USAGE_MS)))])
    clearTimeout(timer)
  }
}

/** What is beyond the limit is judged by its content; what filled the file system to the brim and failed, by that. */
async function judge(reason: ExitReason, output: string, maximumBytes: number): Promise<ExitReason> {
  if (reason.kind !== 'exited') return reason
  const killed = (detail: string): ExitReason => ({ kind: 'killed', by: 'disk', detail })
  const size = await sizeOfTree(output).catch(unlessUnreadable)
  if (!size) return killed('left a name in /output that cannot be kept')
  const { bavail, bsize } = await statfs(output)
  const isFull = reason.code !== 0 && bavail * bsize < FULL_BYTES
  return size.bytes > maximumBytes || isFull ? killed(`wrote more than ${maximumBytes} bytes to /output`) : reason
}

/** Names that are no UTF-8 come back as others, and folders can be deeper than a path is long. */
function unlessUnreadable(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOENT' && code !== 'ENAMETOOLONG') throw error
}

async function lastLines(driver: Started, handle: Handle, signal: AbortSignal): Promise<LogLine[]> {
  const lines: LogLine[] = []
  let bytes = 0
  for await (const line of driver.logs(handle, { tailLines: MOST_LINES }, signal)) {
    lines.push(line)
    bytes += Buffer.byteLength(line.text)
    while (bytes > MAX_TASK_LOG_BYTES) bytes -= Buffer.byteLength(lines.shift()?.text ?? '')
  }
  return lines
}
