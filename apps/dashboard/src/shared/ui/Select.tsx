import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cn } from './cn.ts'
import { inputLook } from './Field.tsx'

export type SelectOption<T extends string> = { value: T; label: string }

export type SelectProps<T extends string> = Omit<ComponentProps<'select'>, 'value' | 'onChange' | 'children'> & {
  value: T
  options: readonly SelectOption<T>[]
  onValueChange: (value: T) => void
}

/** One of a few. The browser's own list, so that phones and keyboards have what they are used to. */
export function Select<T extends string>({ value, options, onValueChange, className, ...rest }: SelectProps<T>) {
  return (
    <span className={cn('relative inline-flex min-w-0', className)}>
      <select
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value)
          if (chosen) onValueChange(chosen.value)
        }}
        className={cn(inputLook, 'appearance-none truncate pr-8')}
        {...rest}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-muted"
      />
    </span>
  )
}
