import { useState } from 'react'
import type { Address } from 'viem'
import type { Denomination } from '../../shared/format/amount.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { Dialog } from '../../shared/ui/Dialog.tsx'
import { ActionStatus } from '../../shared/wallet/ActionStatus.tsx'
import { AmountField } from '../../shared/wallet/AmountField.tsx'
import { isBusy } from '../../shared/wallet/actionState.ts'
import { type Acting, useAction } from '../../shared/wallet/useAction.ts'
import { readTypedAmount } from '../../shared/wallet/writtenAmount.ts'

export type WithdrawDialogProps = {
  open: boolean
  onOpenChange: (open: boolean) => void
  asset: Denomination & { address: Address }
  /** Free in escrow, smallest units. */
  deposited: bigint
}

/** Takes free money out of escrow, to the connected account. */
export function WithdrawDialog({ open, onOpenChange, asset, deposited }: WithdrawDialogProps) {
  const [text, setText] = useState('')
  const withdrawal = useAction(async ({ market }: Acting, amount: bigint) => {
    const { withdraw } = await import('@tender/sdk')
    return withdraw(market, { asset: asset.address, amount })
  })
  const { state, run } = withdrawal
  const read = readTypedAmount(text, asset)
  const amount = 'amount' in read && read.amount <= deposited ? read.amount : undefined
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Withdraw ${asset.symbol}`}
      description="From escrow to your wallet. What running leases hold stays with them; close a lease to free the rest of it."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>{state.step === 'done' ? 'Close' : 'Cancel'}</Button>
          {state.step !== 'done' && (
            <Button
              look="primary"
              busy={isBusy(state)}
              disabled={amount === undefined}
              onClick={() => amount !== undefined && void run(amount)}
            >
              Withdraw
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {state.step !== 'done' && (
          <AmountField
            label="Amount"
            asset={asset}
            text={text}
            onText={setText}
            most={deposited}
            mostWords="free in escrow"
          />
        )}
        <ActionStatus state={state} done="Withdrawn." />
      </div>
    </Dialog>
  )
}
