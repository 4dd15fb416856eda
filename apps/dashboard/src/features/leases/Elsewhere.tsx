import { useQueryClient } from '@tanstack/react-query'
import type { LeaseDetail } from '@tender/api'
import { KeyRound } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Hex } from 'viem'
import { useMarket } from '../../shared/api/queries.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { ActionStatus } from '../../shared/wallet/ActionStatus.tsx'
import { isBusy } from '../../shared/wallet/actionState.ts'
import { type Acting, useAction } from '../../shared/wallet/useAction.ts'

export type ElsewhereProps = {
  /** Those that are taken over together, by one signature. */
  leases: readonly string[]
  /** What can be done without that, and with it. */
  children: ReactNode
  /** Why it is too early. */
  wait?: string | undefined
}

/** What is not possible for leases that another browser or a command line opened, and the way to change that. */
export function Elsewhere({ leases, children, wait }: ElsewhereProps) {
  const { data: market } = useMarket()
  const queries = useQueryClient()
  const adopting = useAction(async ({ market: client }: Acting, ids: readonly string[]) => {
    if (!market) return
    const { adoptLeases } = await import('./adoptLease.ts')
    // CAST: the gateway's schema says that they are hashes
    await adoptLeases(market, client, ids as readonly Hex[])
    await queries.invalidateQueries({ queryKey: ['reach'] })
  })
  const all = leases.length > 1
  return (
    <Card>
      <div className="flex gap-3">
        <KeyRound className="mt-0.5 size-5 shrink-0 text-muted" aria-hidden />
        <div className="flex min-w-0 flex-col gap-2 text-[13px]">
          <p className="text-sm font-medium">Opened elsewhere</p>
          {children}
          <Button
            size="small"
            className="self-start"
            busy={isBusy(adopting.state)}
            disabled={wait !== undefined}
            onClick={() => void adopting.run(leases)}
          >
            {all ? `Speak for all ${leases.length} from here` : 'Speak for it from here'}
          </Button>
          {wait && <p className="text-muted">{wait}</p>}
          <ActionStatus
            state={adopting.state}
            done={all ? 'This browser speaks for them now.' : 'This browser speaks for it now.'}
          />
        </div>
      </div>
    </Card>
  )
}

/** What stands there for a service. */
export function ElsewhereService({ lease }: { lease: LeaseDetail }) {
  return (
    <Elsewhere leases={[lease.id]}>
      <p className="text-muted">
        The key that its provider answers to is where it was ordered: with the command line, or in another browser. From
        here it can be extended and closed, and everything of it that is on the chain is shown.
      </p>
      <p className="text-muted">
        For its log, what it uses and a terminal, sign that a key of this browser speaks for it. That key can never move
        money; the one elsewhere stops counting. Its Compose file stays there, so updates do too. Finding the provider
        may take a minute.
      </p>
    </Elsewhere>
  )
}
