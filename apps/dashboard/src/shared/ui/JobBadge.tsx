import type { JobState } from '@tender/api'
import { Badge, type Tone } from './Badge.tsx'

const looks: Record<JobState, [tone: Tone, words: string]> = {
  opened: ['neutral', 'waits'],
  begun: ['accent', 'runs'],
  submitted: ['accent', 'delivered'],
  drawn: ['warn', 'being verified'],
  recalled: ['warn', 'drawn anew'],
  redrawn: ['warn', 'verified again'],
  ended: ['neutral', 'ended'],
}

/** How a job stands, in a word or two. */
export function JobBadge({ state }: { state: JobState }) {
  const [tone, words] = looks[state]
  return <Badge tone={tone}>{words}</Badge>
}
