import { kinds, TenderError, type Terms } from '@tender/protocol'
import { shortId } from '@tender/tenant'
import type { Hex } from 'viem'

/** What to do with a job's lease instead, by its short id. */
export type JobHint = (id: string) => string

const TASKS_HINT: JobHint = (id) =>
  `Its tasks run by themselves, and nobody can look in. \`tender job show ${id}\` says how far they are, \`tender job results ${id}\` brings what they wrote.`

/** @throws {TenderError} `isJob`, for what only a lease that serves can do */
export function checkService(
  { leaseId, name, terms }: { leaseId: Hex; name: string; terms: Pick<Terms, 'kind'> },
  hint = TASKS_HINT,
): void {
  if (terms.kind === kinds.service) return
  const id = shortId(leaseId)
  throw new TenderError(`${name} (lease ${id}) is a job, and no service`, {
    code: 'isJob',
    class: 'user',
    hint: hint(id),
    data: { leaseId },
  })
}
