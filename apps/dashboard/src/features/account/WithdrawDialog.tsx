import type { Address } from 'viem'
import type { Denomination } from '../../shared/format/amount.ts'
import { AmountDialog } from '../../shared/wallet/AmountDialog.tsx'
import { type Acting, useAction } from '../../shared/wallet/useAction.ts'

export type WithdrawDialogProps = {
  onClose: () => void
  asset: Denomination & { address: Address }
  /** Free in escrow, smallest units. */
  deposited: bigint
}

/** Takes free money out of escrow, to the connected account. */
export function WithdrawDialog({ onClose, asset, deposited }: WithdrawDialogProps) {
  const { state, run } = useAction(async ({ market }: Acting, amount: bigint) => {
    const { withdraw } = await import('@tender/sdk')
    return withdraw(market, { asset: asset.address, amount })
  })
  return (
    <AmountDialog
      verb="Withdraw"
      description="From escrow to your wallet. What running leases hold stays with them; close a lease to free the rest of it."
      asset={asset}
      most={deposited}
      mostWords="free in escrow"
      done="Withdrawn."
      state={state}
      onAmount={(amount) => void run(amount)}
      onClose={onClose}
    />
  )
}
