import type { ProviderState } from '@tender/api'
import { Badge, type Tone } from './Badge.tsx'

const tones = { active: 'good', draining: 'warn', paused: 'neutral', banned: 'bad' } as const satisfies Record<
  ProviderState,
  Tone
>

/** Whether a provider sells. */
export function ProviderStateBadge({ state }: { state: ProviderState }) {
  return <Badge tone={tones[state]}>{state}</Badge>
}
