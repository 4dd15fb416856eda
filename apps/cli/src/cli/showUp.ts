import { formatSize } from '@tender/protocol'
import { tell } from '../embedded/story.ts'
import { shortId, type TenantLease } from '../tenant/records.ts'
import type { UpEvent } from '../tenant/up.ts'
import type { Out } from './out.ts'

/** Shows an order's way as it happens: what happened in lines that stay, what is awaited in the last one. */
export function showUp(
  progress: Out,
  before: readonly TenantLease[],
): { onEvent(event: UpEvent): void; leftovers(): string[] } {
  let opened = before
  return {
    onEvent(event) {
      if (event.type === 'matched') opened = event.leases
      // What is ordered was said before, for people to agree to.
      const lines = event.type === 'ordered' ? [`order ${shortId(event.record.id)}: signed`] : tell(event, new Map())
      for (const line of lines) progress.line(line)
      progress.status(awaited(event))
    },
    /** What was opened and costs money, for when the rest fails. */
    leftovers() {
      if (opened.length === 0) return []
      const ids = opened.map(({ leaseId }) => shortId(leaseId))
      return [
        `this opened ${ids.map((id) => `lease ${id}`).join(', ')}: see how it stands with \`tender ps --all\``,
        `go on with \`tender up\`, or end it with \`tender close ${ids[0]}\``,
      ]
    },
  }
}

function awaited(event: UpEvent): string | undefined {
  switch (event.type) {
    case 'ordered':
    case 'answer':
      return 'taking bids'
    case 'chosen':
      return 'opening the lease'
    case 'matched':
      return 'sending the files'
    case 'sending':
      return event.sentBytes < event.totalBytes
        ? `sending the files: ${formatSize(event.sentBytes)} of ${formatSize(event.totalBytes)}`
        : 'waiting until it runs'
    case 'running':
      return 'waiting until it answers'
    case 'ready':
      return undefined
  }
}
