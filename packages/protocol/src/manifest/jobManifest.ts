import { type Hex, zeroHash } from 'viem'
import { type Asset, toSmallestUnits } from '../money.ts'
import { type BlobFacts, imageFault } from './blobFacts.ts'
import { globFiles } from './globFiles.ts'
import type { JobBlock } from './jobBlock.ts'
import { shareFault } from './jobFileFaults.ts'
import type { JobBrief, JobSpec } from './jobSchemas.ts'
import type { TenderBlock } from './tenderBlock.ts'

/** What has to be known beside a job's file to make its manifest. */
export type JobParameters = {
  /** Paths of the files below the block's `input`, relative to it, with `/`. */
  inputFiles: readonly string[]
  /** The asset of `max-price`, in which the fees are. */
  asset: Asset
  /** The bundle, once it is made: sha2-256 digest of its root CID, and its size. Absent: the manifest is for `jobText` alone. */
  bundle?: { digest: Hex; bytes: number } | undefined
}

/** Most bytes of a list's items together: the whole manifest has to fit into one message. */
const MAX_ITEMS_BYTES = 128 * 1024

/** How many tasks of each lease are re-executed if the file does not say. */
const DEFAULT_SAMPLE = 5

type Given = { images: ReadonlyMap<string, BlobFacts>; gpus: number; refuse: (message: string) => void }

/** Both parts of a manifest's job. What is wrong goes to `refuse`. */
export function jobOf(
  job: JobBlock,
  { replicas, network }: TenderBlock,
  parameters: JobParameters,
  { images, gpus, refuse }: Given,
): { spec: JobSpec; brief: JobBrief } {
  const tasks = tasksOf(job, parameters.inputFiles, refuse)
  const count = typeof tasks === 'number' ? tasks : tasks.length
  const fault = shareFault(count, replicas, job.sample)
  if (fault) refuse(`x-tender.job.${fault.path.join('.')} ${fault.message}`)
  const compare = compareOf(job.compare, images, refuse)
  const { asset, bundle } = parameters
  const amount = (written: JobBlock['cancelFee']) => (written ? toSmallestUnits(written, asset) : 0n).toString()
  const spec: JobSpec = {
    tasks,
    outputBytes: job.outputBytes,
    compare,
    ...(gpus > 0 && { gpus }),
    ...(network && { network }),
  }
  const terms: JobBrief['terms'] = {
    tasks: count,
    sample: job.sample ?? Math.min(DEFAULT_SAMPLE, Math.max(1, Math.ceil(count / replicas))),
    validators: job.validators,
    comparator: compare === 'bytes' ? zeroHash : compare.sha256,
    deadlineSeconds: job.deadlineSeconds,
    cancelFee: amount(job.cancelFee),
    verifyFee: amount(job.verifyFee),
    inputs: bundle?.digest ?? zeroHash,
  }
  return { spec, brief: { terms, bundleBytes: bundle?.bytes ?? 0 } }
}

/** What a provider has to keep of one lease: what it fetched, and all that its tasks may write. */
export function jobDiskBytes({ brief, spec }: { brief: JobBrief; spec: JobSpec }, replicas: number): number {
  return brief.bundleBytes + spec.outputBytes * Math.ceil(brief.terms.tasks / replicas)
}

function tasksOf({ tasks }: JobBlock, inputFiles: readonly string[], refuse: Given['refuse']): JobSpec['tasks'] {
  if ('count' in tasks) return tasks.count
  const items = 'items' in tasks ? tasks.items : globFiles(tasks.glob, inputFiles)
  if ('glob' in tasks && items.length === 0) refuse(`no file of the input is like ${tasks.glob}`)
  const bytes = new TextEncoder().encode(JSON.stringify(items)).length
  if (bytes > MAX_ITEMS_BYTES)
    refuse(
      `the ${items.length} tasks take ${bytes} bytes to name, the most is ${MAX_ITEMS_BYTES}: write their number, and put a list into the input`,
    )
  return [...items]
}

function compareOf(compare: string, images: Given['images'], refuse: Given['refuse']): JobSpec['compare'] {
  if (compare === 'bytes') return compare
  const facts = images.get(compare)
  const fault = imageFault('wasm', facts)
  if (fault) refuse(`${compare} ${fault}`)
  return { kind: 'blob', sha256: facts?.sha256 ?? '0x', bytes: facts?.bytes ?? 0 }
}
