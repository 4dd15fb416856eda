import { Tabs as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'

export type Tab = { value: string; label: ReactNode; content: ReactNode }

export type TabsProps = {
  /** What the tabs choose between, for those who cannot see them. */
  label: string
  tabs: readonly Tab[]
  value?: string
  onValueChange?: (value: string) => void
}

/** Parts of a page of which one is seen; arrow keys move between them. Without `value` it keeps its own state. */
export function Tabs({ label, tabs, value, onValueChange }: TabsProps) {
  const state = value === undefined ? { defaultValue: tabs[0]?.value } : { value }
  return (
    <Primitive.Root {...state} {...(onValueChange ? { onValueChange } : {})}>
      <Primitive.List aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Primitive.Trigger
            key={tab.value}
            value={tab.value}
            // On narrow screens the row is wider than its place.
            onFocus={({ currentTarget }) => currentTarget.scrollIntoView({ block: 'nearest', inline: 'nearest' })}
            className="-mb-px border-b-2 border-transparent px-2 sm:px-3 py-2.5 text-sm font-medium whitespace-nowrap text-muted transition-colors hover:text-ink focus-visible:outline-offset-[-2px] data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {tab.label}
          </Primitive.Trigger>
        ))}
      </Primitive.List>
      {tabs.map((tab) => (
        <Primitive.Content key={tab.value} value={tab.value} className="pt-4">
          {tab.content}
        </Primitive.Content>
      ))}
    </Primitive.Root>
  )
}
