import { formatSize } from '@tender/protocol'
import { shortId, type TenantLease, type UpdateEvent, type UpEvent } from '@tender/tenant'
import { tell } from '../embedded/story.ts'
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
    case 'waiting':
      return `waiting until it runs${event.waitingFor === undefined ? '' : `: ${event.waitingFor}`}`
    case 'running':
      return 'waiting until it answers'
    case 'ready':
      return undefined
  }
}

/** Shows an update as it happens, each step once. */
export function showUpdate(progress: Out): (event: UpdateEvent) => void {
  let last = ''
  const tellOnce = (line: string) => {
    if (line !== last) progress.line(line)
    last = line
  }
  return (event) => {
    switch (event.type) {
      case 'updating':
        tellOnce(`${event.lease.name} (lease ${shortId(event.lease.leaseId)}): sending version ${event.revision}`)
        break
      case 'sending':
        progress.status(`sending the files: ${formatSize(event.sentBytes)} of ${formatSize(event.totalBytes)}`)
        break
      case 'replacing':
        tellOnce(`${event.lease.name}: the new version is starting, the old one serves until it is healthy`)
        progress.status(
          event.waitingFor === undefined ? 'waiting until it is healthy' : `waiting for ${event.waitingFor}`,
        )
        break
      case 'away':
        progress.status(`its provider is away: ${event.reason}; going on when it is back`)
        break
      case 'updated':
        tellOnce(`${event.lease.name}: healthy, traffic moved: version ${event.revision} runs`)
        progress.status(undefined)
    }
  }
}
