import { type ReactNode, useId } from 'react'
import { cn } from './cn.ts'

/** Looks of what is typed or chosen in. */
export const inputLook =
  'h-9 w-full min-w-0 rounded-lg border border-line-strong bg-surface px-3 text-sm placeholder:text-muted aria-invalid:border-bad disabled:opacity-60 focus-visible:outline-offset-0'

export type FieldProps = {
  label: ReactNode
  hint?: ReactNode
  /** What is wrong with what was typed, and what would be right. */
  error?: string | undefined
  className?: string
  /** Gets what ties the input to its label and its error. */
  children: (input: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode
}

/**
 * A label, its input, and what is wrong with it.
 *
 * @example
 * <Field label="Amount" error={error}>{(input) => <input {...input} className={inputLook} />}</Field>
 */
export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId()
  const described = `${id}-more`
  const more = error ?? hint
  return (
    <div className={cn('flex flex-col gap-1.5', className)}>
      <label htmlFor={id} className="text-[13px] font-medium">
        {label}
      </label>
      {children({
        id,
        ...(more ? { 'aria-describedby': described } : {}),
        ...(error ? { 'aria-invalid': true as const } : {}),
      })}
      {more && (
        <p
          id={described}
          role={error ? 'alert' : undefined}
          className={cn('text-xs', error ? 'text-bad' : 'text-muted')}
        >
          {more}
        </p>
      )}
    </div>
  )
}
