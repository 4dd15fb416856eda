import { type ContentStore, cidOf } from '@tender/content'
import { canonicalJson, RESULT_FILE, resultRoot, type TaskRecord } from '@tender/protocol'
import { type Hex, stringToBytes } from 'viem'
import type { JobBook } from './jobBook.ts'
import { pinOf } from './jobKeeperOptions.ts'
import type { JobRecord } from './jobRecord.ts'

/**
 * Makes the directory of a job's result, with every output linked in it, and records what is to be submitted. The result is pinned
 * before the outputs' own pins go. Idempotent.
 */
export async function publishResult(
  { jobs, content }: { jobs: JobBook; content: ContentStore },
  { leaseId, terms }: JobRecord,
  signal: AbortSignal,
): Promise<void> {
  const records = jobs.tasks(leaseId)
  const text = resultText(leaseId, terms.provider, records)
  const outputs = Object.fromEntries(records.map(({ task, output }) => [String(task), cidOf(output)]))
  const cid = await content.writing(async () => {
    const root = await content.putTree({ [RESULT_FILE]: stringToBytes(text), outputs })
    await content.pin(pinOf.result(leaseId), root, signal)
    return root
  })
  jobs.update(leaseId, { result: { root: resultRoot(jobs.marks(leaseId)), cid: cid.toString() } })
  content.unpin(records.map(({ task }) => pinOf.task(leaseId, task)))
}

/** A `JobResult` as canonical JSON. */
function resultText(lease: Hex, provider: bigint, records: readonly TaskRecord[]): string {
  return canonicalJson({ version: 1, lease, provider: provider.toString(), records: [...records] })
}
