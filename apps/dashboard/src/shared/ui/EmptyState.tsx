import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from './cn.ts'

export type EmptyStateProps = {
  icon?: LucideIcon
  title: string
  /** Why there is nothing, and what to do about it. */
  children?: ReactNode
  /** Buttons or links that do it. */
  actions?: ReactNode
  className?: string
}

/** In place of a list that has nothing to show. */
export function EmptyState({ icon: Icon, title, children, actions, className }: EmptyStateProps) {
  return (
    <div className={cn('flex flex-col items-center justify-center gap-1 px-6 py-10 text-center', className)}>
      {Icon && (
        <span className="mb-2 flex size-10 items-center justify-center rounded-full bg-inset text-muted">
          <Icon className="size-5" aria-hidden />
        </span>
      )}
      <p className="font-medium">{title}</p>
      {children && <div className="max-w-md text-[13px] text-balance text-muted">{children}</div>}
      {actions && <div className="mt-3 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  )
}
