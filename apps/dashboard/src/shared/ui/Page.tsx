import type { ReactNode } from 'react'
import { useTitle } from '../hooks/useTitle.ts'

export type PageProps = {
  title: string
  /** Beside the title: states. */
  badge?: ReactNode
  /** One or two lines for who sees this the first time. */
  lead?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** Frame of every page: its title, also that of the window, what it is for, and what can be done. */
export function Page({ title, badge, lead, actions, children }: PageProps) {
  useTitle(title)
  return (
    <div className="flex flex-col gap-5">
      <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="flex flex-wrap items-center gap-x-3 gap-y-1 text-[22px] leading-8 font-semibold">
            {title}
            {badge}
          </h1>
          {lead && <p className="mt-0.5 max-w-2xl text-sm text-pretty text-muted">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}
