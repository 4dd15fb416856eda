import type { CID } from 'multiformats/cid'
import { ContentLimitError, MalformedContentError } from './errors.ts'
import type { ContentStore } from './store.ts'

/** Most files of one task's output, directories included. */
export const MOST_OUTPUT_FILES = 100_000

/** What is recorded of a task whose output cannot be content: as if it had been killed. */
export const BAD_OUTPUT_EXIT = 137

/** `fault`: why there is no output, in words. */
export type TaskOutput = { exit: number; root: CID; fault?: string }

/**
 * Puts what a task left into the store. An output that cannot be content, such as one with a name that is not allowed or with too many
 * files, is none. Providers and validators both ask here, so that they say the same of the same output.
 *
 * @param exit the code that the task ended with
 * @throws {StoreFullError} and whatever else is this host's own trouble
 * @example
 * const { exit, root } = await putTaskOutput(store, { exit: 0, dir, bytes: spec.limits.diskBytes }, signal)
 */
export async function putTaskOutput(
  store: Pick<ContentStore, 'putDirectory' | 'putTree'>,
  { exit, dir, bytes }: { exit: number; dir: string; bytes: number },
  signal: AbortSignal,
): Promise<TaskOutput> {
  try {
    return { exit, root: await store.putDirectory(dir, { bytes, files: MOST_OUTPUT_FILES }, signal) }
  } catch (error) {
    if (!(error instanceof ContentLimitError || error instanceof MalformedContentError)) throw error
    const fault = `its output cannot be kept: ${error.message}`
    return { exit: BAD_OUTPUT_EXIT, root: await store.putTree({}), fault }
  }
}
