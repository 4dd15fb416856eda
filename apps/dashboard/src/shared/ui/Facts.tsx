import type { ReactNode } from 'react'
import { cn } from './cn.ts'
import { Explained } from './Explained.tsx'

export type Fact = {
  label: string
  /** What the label means, for who asks. */
  meaning?: ReactNode
  value: ReactNode
}

/** Names and values, one a line. */
export function Facts({ facts, className }: { facts: readonly Fact[]; className?: string }) {
  return (
    <dl className={cn('divide-y divide-line text-sm', className)}>
      {facts.map(({ label, meaning, value }) => (
        <div
          key={label}
          className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-0.5 py-2 first:pt-0 last:pb-0"
        >
          <dt className="text-muted">{meaning ? <Explained meaning={meaning}>{label}</Explained> : label}</dt>
          <dd className="min-w-0 text-right font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
