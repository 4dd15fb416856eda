import { Badge, type Tone } from './Badge.tsx'

const tones: readonly Tone[] = ['neutral', 'good', 'good', 'accent', 'neutral', 'warn']

/** A trust level, 1 (best) to 5 (probation). */
export function LevelBadge({ level }: { level: number }) {
  return <Badge tone={tones[level] ?? 'neutral'}>{level === 5 ? 'Level 5, probation' : `Level ${level}`}</Badge>
}
