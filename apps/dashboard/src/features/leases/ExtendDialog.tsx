import type { LeaseDetail } from '@tender/api'
import { formatDuration, parseDuration } from '@tender/protocol'
import { useState } from 'react'
import type { Hex } from 'viem'
import { useMarket } from '../../shared/api/queries.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { Button } from '../../shared/ui/Button.tsx'
import { Dialog } from '../../shared/ui/Dialog.tsx'
import { Facts } from '../../shared/ui/Facts.tsx'
import { Field, inputLook } from '../../shared/ui/Field.tsx'
import { DateTime } from '../../shared/ui/Time.tsx'
import { ActionStatus } from '../../shared/wallet/ActionStatus.tsx'
import { isBusy } from '../../shared/wallet/actionState.ts'
import { DepositDialog } from '../../shared/wallet/DepositDialog.tsx'
import { type Acting, useAction } from '../../shared/wallet/useAction.ts'
import { useBalances } from '../../shared/wallet/useBalances.ts'
import { extendCost } from './leaseMoney.ts'

const choices = [600, 3_600, 21_600, 86_400] as const

/** Prolongs a lease at its own rate, with what that takes said beforehand. */
export function ExtendDialog({ lease, onClose }: { lease: LeaseDetail; onClose: () => void }) {
  const most = lease.latestEnd - lease.end
  const [text, setText] = useState(formatDuration(Math.min(most, 3_600)))
  const [depositing, setDepositing] = useState(false)
  const { data: market } = useMarket()
  const { data: balances } = useBalances()
  const { state, run } = useAction(async ({ market: client }: Acting, newEnd: number) => {
    const { extendLease } = await import('@tender/sdk')
    // CAST: the gateway's schema says that it is a hash
    return extendLease(client, { lease: lease.id as Hex, newEnd })
  })
  const asset = market?.assets.find(({ address }) => address === lease.asset)
  const { seconds, error } = readSeconds(text, most)
  const cost = seconds === undefined ? undefined : extendCost(lease, lease.end + seconds)
  const deposited = balances?.find((balance) => balance.asset.address === lease.asset)?.deposited
  const short = cost !== undefined && deposited !== undefined && deposited < cost ? cost - deposited : 0n
  if (!asset) return null
  const done = state.step === 'done'
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Extend this lease"
      description={`At its own rate, up to ${formatDuration(Math.max(0, most))} more: as far as its provider's offer reaches.`}
      footer={
        <>
          <Button onClick={onClose}>{done ? 'Done' : 'Cancel'}</Button>
          {!done && short > 0n && <Button onClick={() => setDepositing(true)}>Deposit</Button>}
          {!done && (
            <Button
              look="primary"
              busy={isBusy(state)}
              disabled={seconds === undefined || short > 0n}
              onClick={() => seconds !== undefined && void run(lease.end + seconds)}
            >
              Extend
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="How much longer" hint="Like 30m, 2h or 1d12h" error={error}>
          {(input) => (
            <input {...input} className={inputLook} value={text} onChange={(event) => setText(event.target.value)} />
          )}
        </Field>
        <div className="flex flex-wrap gap-1.5">
          {choices
            .filter((choice) => choice <= most)
            .map((choice) => (
              <Button key={choice} size="small" onClick={() => setText(formatDuration(choice))}>
                {formatDuration(choice)}
              </Button>
            ))}
        </div>
        {seconds !== undefined && cost !== undefined && (
          <Facts
            facts={[
              { label: 'Ends then', value: <DateTime at={lease.end + seconds} /> },
              { label: 'Takes from your account', value: <Amount amount={cost} asset={asset} /> },
              ...(short > 0n
                ? [{ label: 'Missing', value: <Amount amount={short} asset={asset} className="text-bad" /> }]
                : []),
            ]}
          />
        )}
        <ActionStatus state={state} done="Extended." />
      </div>
      {depositing && <DepositDialog onClose={() => setDepositing(false)} asset={asset} suggested={short} />}
    </Dialog>
  )
}

function readSeconds(text: string, most: number): { seconds?: number; error?: string } {
  if (most <= 0) return { error: 'Its offer ends with the lease: order anew to go on.' }
  try {
    const seconds = parseDuration(text.trim())
    if (seconds <= 0) return { error: 'Write a second or more.' }
    return seconds > most ? { error: `${formatDuration(most)} at most.` } : { seconds }
  } catch {
    // What is not read yet may still become a duration.
    return { error: 'Write it like 30m, 2h or 1d12h.' }
  }
}
