import type { Lease } from '@tender/api'
import { Badge, type Tone } from '../../shared/ui/Badge.tsx'
import { JobBadge } from '../../shared/ui/JobBadge.tsx'

const tones: Record<Lease['state'], Tone> = { running: 'good', ending: 'warn', ended: 'neutral' }

/** How a lease stands, in a word. */
export function LeaseBadge({ lease }: { lease: Pick<Lease, 'state' | 'resolved' | 'job'> }) {
  if (lease.job) return <JobBadge state={lease.job} />
  const settling = lease.state === 'ended' && !lease.resolved
  return <Badge tone={settling ? 'warn' : tones[lease.state]}>{settling ? 'settling' : lease.state}</Badge>
}
