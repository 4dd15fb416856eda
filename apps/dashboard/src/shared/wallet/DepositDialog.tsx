import { useState } from 'react'
import type { Address } from 'viem'
import type { Denomination } from '../format/amount.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { ActionStatus } from './ActionStatus.tsx'
import { AmountField } from './AmountField.tsx'
import { isBusy } from './actionState.ts'
import { useBalances } from './useBalances.ts'
import { useDeposit } from './useDeposit.ts'
import { readTypedAmount, typedAmountText } from './writtenAmount.ts'

export type DepositDialogProps = {
  open: boolean
  onOpenChange: (open: boolean) => void
  asset: Denomination & { address: Address }
  /** What is missing for something else, smallest units. */
  suggested?: bigint | undefined
}

/** Moves tokens from the wallet into escrow: with a permit in one transaction where the token has that. */
export function DepositDialog({ open, onOpenChange, asset, suggested }: DepositDialogProps) {
  const [text, setText] = useState(suggested === undefined ? '' : typedAmountText(suggested, asset.decimals))
  const { data: balances } = useBalances()
  const wallet = balances?.find((balance) => balance.asset.address === asset.address)?.wallet
  const { state, run, reset } = useDeposit()
  const read = readTypedAmount(text, asset)
  const amount = 'amount' in read && (wallet === undefined || read.amount <= wallet) ? read.amount : undefined
  const busy = isBusy(state)
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        onOpenChange(next)
        if (!next) reset()
      }}
      title={`Deposit ${asset.symbol}`}
      description="Into the market's escrow contract. Only leases that you sign take from it, and what is free comes back whenever you withdraw it."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>{state.step === 'done' ? 'Close' : 'Cancel'}</Button>
          {state.step !== 'done' && (
            <Button
              look="primary"
              busy={busy}
              disabled={amount === undefined}
              onClick={() => amount !== undefined && void run({ asset: asset.address, amount })}
            >
              Deposit
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {state.step !== 'done' && (
          <>
            <AmountField
              label="Amount"
              asset={asset}
              text={text}
              onText={setText}
              most={wallet}
              mostWords="in your wallet"
            />
            <p className="text-[13px] text-muted">
              If {asset.symbol} knows permits you sign one (free), then send one transaction; else the token asks for an
              approval first.
            </p>
          </>
        )}
        <ActionStatus state={state} done="Deposited." />
      </div>
    </Dialog>
  )
}
