import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Manifest, TenderError, taskEnvironment, taskSeed } from '@tender/protocol'
import type { TaskSpec } from './taskTypes.ts'
import type { Image } from './types.ts'

/** One task of a job, and where on this host its bundle was exported to and its output is to lie. */
export type JobTask = {
  /** Of whoever runs it: the same task always has the same, see {@link TaskSpec}. */
  id: `0x${string}`
  job: Pick<Manifest, 'services' | 'job'>
  /** The order's digest. */
  order: `0x${string}`
  task: number
  /** The bundle: `blobs/` and, if there is any, `input/` lie in it. */
  bundleDir: string
  outputDir: string
  gpus?: readonly string[] | undefined
}

/** Where a file of a bundle lies, by its SHA-256: its 64 hexadecimal digits. */
export function bundledBlob(bundleDir: string, sha256: string): string {
  return join(bundleDir, 'blobs', sha256.replace(/^0x/, ''))
}

/**
 * A task of a job as a driver takes it. Provider and validators run the same: all that may make a difference to its output follows from
 * the bundle, the order and the task's number.
 *
 * @throws {TenderError} `noJob` for a manifest of a service
 *
 * @example
 * driver.runTask(jobTaskSpec({ id, job: manifest, order, task: 7, bundleDir, outputDir }), signal)
 */
export function jobTaskSpec({ id, job: manifest, order, task, bundleDir, outputDir, gpus }: JobTask): TaskSpec {
  const { services, job } = manifest
  const [service] = services
  if (!service || !job) throw new TenderError('the manifest is no job', { code: 'noJob', class: 'internal' })
  const { image, args, env, cpuMillis, memoryBytes, container } = service
  const inputDir = join(bundleDir, 'input')
  const environment = taskEnvironment(job, env, { order, task })
  const file: Image =
    image.kind === 'blob' ? { kind: 'file', path: bundledBlob(bundleDir, image.sha256) } : { ...image }
  return {
    id,
    image: file,
    ...(container?.entrypoint && { entrypoint: container.entrypoint }),
    args,
    environment,
    limits: { cpuMilli: cpuMillis, memoryBytes, diskBytes: job.outputBytes },
    ...(existsSync(inputDir) && { inputDir }),
    outputDir,
    // CAST: `taskSeed` made it
    seed: environment.TENDER_SEED as `0x${string}`,
    ...(gpus && { gpus }),
    ...(job.network && { network: job.network }),
  }
}

/** A comparator that thinks longer compares nothing. */
const COMPARE_MS = 300_000
/** What a comparator may write, which nobody reads. */
const COMPARE_BYTES = 1024 ** 2

/** Two outputs of one task, and the tenant's program that says whether they are the same. */
export type JobComparison = Omit<JobTask, 'gpus'> & {
  /** Of the comparator, a file of the bundle. */
  sha256: string
  /** A folder with both: `claimed/` and `again/`. `outputDir` is for what it writes, which nobody reads. */
  inputDir: string
}

/**
 * A comparator's run as a Wasm driver takes it, with its task's limits. It exits with 0 if the outputs are the same by its measure.
 *
 * @example
 * driver.runTask(comparisonSpec({ id, job, order, task: 7, bundleDir, sha256: job.job.compare.sha256, inputDir, outputDir }), signal)
 */
export function comparisonSpec({
  id,
  job: { services },
  order,
  task,
  bundleDir,
  sha256,
  inputDir,
  outputDir,
}: JobComparison): TaskSpec {
  const [service] = services
  return {
    id,
    image: { kind: 'file', path: bundledBlob(bundleDir, sha256) },
    args: [],
    environment: {},
    limits: {
      cpuMilli: service?.cpuMillis ?? 1_000,
      memoryBytes: service?.memoryBytes ?? 0,
      diskBytes: COMPARE_BYTES,
      runMs: COMPARE_MS,
    },
    inputDir,
    outputDir,
    seed: taskSeed(order, task),
  }
}
