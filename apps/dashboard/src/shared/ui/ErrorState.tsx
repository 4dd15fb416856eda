import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { describeError, isOutdated } from '../api/describeError.ts'
import { Button } from './Button.tsx'
import { cn } from './cn.ts'

export type ErrorStateProps = {
  error: unknown
  /** What could not be done, e.g. `The providers could not be read`. */
  title: string
  retry?: (() => void) | undefined
  actions?: ReactNode
  className?: string
}

/** In place of what could not be shown: what happened, and what to do. */
export function ErrorState({ error, title, retry, actions, className }: ErrorStateProps) {
  const { message, hint } = describeError(error)
  // What the browser once failed to import it does not ask for again.
  const again = isOutdated(error)
    ? { label: 'Load the page again', run: () => location.reload() }
    : retry && { label: 'Try again', run: retry }
  return (
    <div role="alert" className={cn('flex flex-col items-center gap-1 px-6 py-10 text-center', className)}>
      <span className="mb-2 flex size-10 items-center justify-center rounded-full bg-bad-soft text-bad">
        <TriangleAlert className="size-5" aria-hidden />
      </span>
      <p className="font-medium">{title}</p>
      <p className="max-w-md text-[13px] text-muted">{message}</p>
      {hint && <p className="max-w-md text-[13px] text-muted">{hint}</p>}
      {(again || actions) && (
        <div className="mt-3 flex gap-2">
          {again && (
            <Button size="small" onClick={again.run}>
              {again.label}
            </Button>
          )}
          {actions}
        </div>
      )}
    </div>
  )
}
