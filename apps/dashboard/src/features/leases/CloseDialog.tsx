import type { LeaseDetail } from '@tender/api'
import { formatDuration } from '@tender/protocol'
import type { Hex } from 'viem'
import { useMarket } from '../../shared/api/queries.ts'
import { useChainNow } from '../../shared/hooks/useChainNow.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { Button } from '../../shared/ui/Button.tsx'
import { Dialog } from '../../shared/ui/Dialog.tsx'
import { Facts } from '../../shared/ui/Facts.tsx'
import { ActionStatus } from '../../shared/wallet/ActionStatus.tsx'
import { isBusy } from '../../shared/wallet/actionState.ts'
import { type Acting, useAction } from '../../shared/wallet/useAction.ts'
import { closePreview, costSoFar } from './leaseMoney.ts'

/** Closes a lease, with what comes back said beforehand. */
export function CloseDialog({ lease, onClose }: { lease: LeaseDetail; onClose: () => void }) {
  const { data: market } = useMarket()
  const now = useChainNow()
  const closing = useAction(async ({ market: client }: Acting, id: Hex) => {
    const { closeLease } = await import('@tender/sdk')
    return closeLease(client, { lease: id })
  })
  const asset = market?.assets.find(({ address }) => address === lease.asset)
  const { state, run } = closing
  const done = state.step === 'done'
  const preview = closePreview(lease, now)
  const waits = preview.stopsAt - now
  if (!asset) return null
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={done ? 'Closed' : 'Close this lease?'}
      description={
        done
          ? 'Its provider settles what it earned; what is left after that comes back too.'
          : 'The workload stops, and what is on its volumes goes with it.'
      }
      footer={
        <>
          <Button onClick={onClose}>{done ? 'Done' : 'Keep it'}</Button>
          {!done && (
            // CAST: the gateway's schema says that it is a hash
            <Button look="danger" busy={isBusy(state)} onClick={() => void run(lease.id as Hex)}>
              Close it now
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {done ? (
          <p className="text-sm">
            <Amount amount={state.result.refunded} asset={asset} className="text-xl font-semibold" /> came back to your
            account.
          </p>
        ) : (
          <Facts
            facts={[
              {
                label: 'Comes back at once',
                value: <Amount amount={preview.refunded} asset={asset} className="text-good" />,
              },
              { label: 'Cost so far', value: <Amount amount={costSoFar(lease, now)} asset={asset} /> },
              {
                label: 'Stays until it is settled',
                meaning: 'The provider earns its part by what monitors report; the rest of it comes back then.',
                value: <Amount amount={preview.stays} asset={asset} />,
              },
              ...(waits > 0
                ? [
                    {
                      label: 'Runs on, as agreed',
                      value: `for ${formatDuration(waits)}: the least time that is charged`,
                    },
                  ]
                : []),
            ]}
          />
        )}
        <ActionStatus state={state} done="The lease is closed." />
      </div>
    </Dialog>
  )
}
