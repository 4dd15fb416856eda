import type { ReactNode } from 'react'
import { cn } from './cn.ts'

export type CardProps = {
  title?: ReactNode
  /** One line that says what is seen here. */
  hint?: ReactNode
  /** At the right of the title: links, switches. */
  actions?: ReactNode
  /** Without padding, for tables and lists that reach the edges. */
  flush?: boolean
  className?: string
  children: ReactNode
}

/** A framed part of a page. */
export function Card({ title, hint, actions, flush = false, className, children }: CardProps) {
  return (
    <section className={cn('min-w-0 rounded-xl border border-line bg-surface shadow-card', className)}>
      {(title || actions) && (
        <header
          className={cn(
            'flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-4 sm:px-5',
            flush && 'pb-3',
          )}
        >
          <div className="min-w-0 flex-1 basis-48">
            {title && <h2 className="text-[15px] leading-6 font-semibold">{title}</h2>}
            {hint && <p className="text-[13px] text-muted">{hint}</p>}
          </div>
          {actions && <div className="flex items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={flush ? undefined : 'px-4 py-4 sm:px-5'}>{children}</div>
    </section>
  )
}
