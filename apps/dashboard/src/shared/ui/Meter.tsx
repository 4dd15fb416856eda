import { cn } from './cn.ts'

export type MeterProps = {
  /** 0 to 1. */
  share: number
  label: string
  tone?: 'accent' | 'good' | 'warn' | 'bad'
  className?: string
}

const tones = { accent: 'bg-accent', good: 'bg-good', warn: 'bg-warn', bad: 'bg-bad' } as const

/** How much of something is used. */
export function Meter({ share, label, tone = 'accent', className }: MeterProps) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100)
  return (
    <div
      role="img"
      aria-label={`${label}: ${percent} %`}
      className={cn('h-1.5 overflow-hidden rounded-full bg-hover', className)}
    >
      <div className={cn('h-full rounded-full transition-[width]', tones[tone])} style={{ width: `${percent}%` }} />
    </div>
  )
}
