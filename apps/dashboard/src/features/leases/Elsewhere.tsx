import { useQueryClient } from '@tanstack/react-query'
import type { LeaseDetail } from '@tender/api'
import { KeyRound } from 'lucide-react'
import type { Hex } from 'viem'
import { useMarket } from '../../shared/api/queries.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { ActionStatus } from '../../shared/wallet/ActionStatus.tsx'
import { isBusy } from '../../shared/wallet/actionState.ts'
import { type Acting, useAction } from '../../shared/wallet/useAction.ts'

/** What is not possible for a lease that another browser or a command line opened, and the way to change that. */
export function Elsewhere({ lease }: { lease: LeaseDetail }) {
  const { data: market } = useMarket()
  const queries = useQueryClient()
  const adopting = useAction(async ({ market: client }: Acting, id: Hex) => {
    if (!market) return
    const { adoptLease } = await import('./adoptLease.ts')
    await adoptLease(market, client, id)
    await queries.invalidateQueries({ queryKey: ['reach', lease.id] })
  })
  return (
    <Card>
      <div className="flex gap-3">
        <KeyRound className="mt-0.5 size-5 shrink-0 text-muted" aria-hidden />
        <div className="flex min-w-0 flex-col gap-2 text-[13px]">
          <p className="text-sm font-medium">Opened elsewhere</p>
          <p className="text-muted">
            The key that its provider answers to is where it was ordered: with the command line, or in another browser.
            From here it can be extended and closed, and everything of it that is on the chain is shown.
          </p>
          <p className="text-muted">
            For its log, what it uses and a terminal, sign that a key of this browser speaks for it. That key can never
            move money; the one elsewhere stops counting. Its Compose file stays there, so updates do too. Finding the
            provider may take a minute.
          </p>
          <Button
            size="small"
            className="self-start"
            busy={isBusy(adopting.state)}
            // CAST: the gateway's schema says that it is a hash
            onClick={() => void adopting.run(lease.id as Hex)}
          >
            Speak for it from here
          </Button>
          <ActionStatus state={adopting.state} done="This browser speaks for it now." />
        </div>
      </div>
    </Card>
  )
}
