import type { Address } from 'viem'
import type { Denomination } from '../format/amount.ts'
import { AmountDialog } from './AmountDialog.tsx'
import { useBalances } from './useBalances.ts'
import { useDeposit } from './useDeposit.ts'

export type DepositDialogProps = {
  onClose: () => void
  asset: Denomination & { address: Address }
  /** What is missing for something else, smallest units. */
  suggested?: bigint | undefined
}

/** Moves tokens from the wallet into escrow: with a permit in one transaction where the token has that. */
export function DepositDialog({ onClose, asset, suggested }: DepositDialogProps) {
  const { data: balances } = useBalances()
  const { state, run } = useDeposit()
  return (
    <AmountDialog
      verb="Deposit"
      description="Into the market's escrow contract. Only leases that you sign take from it, and what is free comes back whenever you withdraw it."
      asset={asset}
      most={balances?.find((balance) => balance.asset.address === asset.address)?.wallet}
      mostWords="in your wallet"
      suggested={suggested}
      note={`If ${asset.symbol} knows permits you sign one (free), then send one transaction; else the token asks for an approval first.`}
      done="Deposited."
      state={state}
      onAmount={(amount) => void run({ asset: asset.address, amount })}
      onClose={onClose}
    />
  )
}
