import { ToggleGroup } from 'radix-ui'
import type { ReactNode } from 'react'

export type SegmentedProps<T extends string> = {
  label: string
  value: T
  options: readonly { value: T; label: ReactNode }[]
  onValueChange: (value: T) => void
}

/** One of two to five, all in sight; arrow keys move between them. */
export function Segmented<T extends string>({ label, value, options, onValueChange }: SegmentedProps<T>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(chosen) => {
        const option = options.find((one) => one.value === chosen)
        if (option) onValueChange(option.value)
      }}
      className="inline-flex max-w-full gap-0.5 overflow-x-auto rounded-lg bg-inset p-0.5"
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          className="h-7 rounded-md px-2.5 text-[13px] font-medium whitespace-nowrap text-muted hover:text-ink data-[state=on]:bg-surface data-[state=on]:text-ink data-[state=on]:shadow-card"
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
