import { type ReactNode, useState } from 'react'
import type { Denomination } from '../format/amount.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { ActionStatus } from './ActionStatus.tsx'
import { AmountField } from './AmountField.tsx'
import { type ActionState, isBusy } from './actionState.ts'
import { readTypedAmount, typedAmountText } from './writtenAmount.ts'

export type AmountDialogProps = {
  /** What is done with the amount, e.g. `Deposit`. */
  verb: string
  description: string
  asset: Denomination
  /** The most that can be taken, smallest units, and what that is, e.g. `in your wallet`. */
  most: bigint | undefined
  mostWords: string
  /** What it begins with, smallest units. */
  suggested?: bigint | undefined
  /** What happens next, below the amount. */
  note?: ReactNode
  /** What it says once it is done. */
  done: string
  state: ActionState
  onAmount: (amount: bigint) => void
  onClose: () => void
}

/** Asks for an amount of one asset, and follows what is done with it. */
export function AmountDialog(props: AmountDialogProps) {
  const { verb, description, asset, most, mostWords, suggested, note, done, state, onAmount, onClose } = props
  const [text, setText] = useState(suggested === undefined ? '' : typedAmountText(suggested, asset.decimals))
  const read = readTypedAmount(text, asset)
  const amount = 'amount' in read && (most === undefined || read.amount <= most) ? read.amount : undefined
  const isDone = state.step === 'done'
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`${verb} ${asset.symbol}`}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>{isDone ? 'Close' : 'Cancel'}</Button>
          {!isDone && (
            <Button
              look="primary"
              busy={isBusy(state)}
              disabled={amount === undefined}
              onClick={() => amount !== undefined && onAmount(amount)}
            >
              {verb}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {!isDone && (
          <>
            <AmountField label="Amount" asset={asset} text={text} onText={setText} most={most} mostWords={mostWords} />
            {note && <p className="text-[13px] text-muted">{note}</p>}
          </>
        )}
        <ActionStatus state={state} done={done} />
      </div>
    </Dialog>
  )
}
