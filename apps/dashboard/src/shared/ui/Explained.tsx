import type { ReactNode } from 'react'
import { Tooltip } from './Tooltip.tsx'

/** A word of the market with its meaning at hand, by pointer and by keyboard. */
export function Explained({ meaning, children }: { meaning: ReactNode; children: ReactNode }) {
  return (
    <Tooltip content={meaning}>
      <button
        type="button"
        className="cursor-help text-left underline decoration-line-strong decoration-dotted underline-offset-4"
      >
        {children}
      </button>
    </Tooltip>
  )
}
