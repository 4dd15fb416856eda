import { KeyRound } from 'lucide-react'
import { Card } from '../../shared/ui/Card.tsx'

/** What is not possible for a lease that another browser or a command line opened. */
export function Elsewhere() {
  return (
    <Card>
      <div className="flex gap-3">
        <KeyRound className="mt-0.5 size-5 shrink-0 text-muted" aria-hidden />
        <div className="min-w-0 text-[13px]">
          <p className="text-sm font-medium">Opened elsewhere</p>
          <p className="text-muted">
            The key that its provider answers to is where it was ordered: with the command line, or in another browser.
            From here it can be extended and closed, and everything of it that is on the chain is shown. Its log, a
            terminal and updates are there: <code>tender logs</code>, <code>tender exec</code>, <code>tender up</code>.
          </p>
        </div>
      </div>
    </Card>
  )
}
