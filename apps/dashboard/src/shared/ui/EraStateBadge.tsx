import type { EraState } from '@tender/api'
import { Badge, type Tone } from './Badge.tsx'

const tones = { pending: 'warn', effective: 'good', vetoed: 'bad' } as const satisfies Record<EraState, Tone>

/** How far a report has come. */
export function EraStateBadge({ state }: { state: EraState }) {
  return <Badge tone={tones[state]}>{state}</Badge>
}
