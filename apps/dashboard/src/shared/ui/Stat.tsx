import type { ReactNode } from 'react'
import { cn } from './cn.ts'

export type StatProps = { label: ReactNode; value: ReactNode; hint?: ReactNode; className?: string }

/** One number with its name above and where it stands below. */
export function Stat({ label, value, hint, className }: StatProps) {
  return (
    <div className={cn('min-w-0', className)}>
      <div className="text-[13px] text-muted">{label}</div>
      <div className="mt-0.5 text-[17px] leading-7 sm:text-xl font-semibold tracking-[-0.015em]">{value}</div>
      {hint && <div className="text-[13px] text-muted">{hint}</div>}
    </div>
  )
}
