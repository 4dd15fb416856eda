import type { Address } from 'viem'
import type { Denomination } from '../../shared/format/amount.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { ActionStatus } from '../../shared/wallet/ActionStatus.tsx'
import { isBusy } from '../../shared/wallet/actionState.ts'
import { type Acting, useAction } from '../../shared/wallet/useAction.ts'
import { useWallet } from '../../shared/wallet/useWallet.ts'

const WHOLE = 100n

/** In the embedded market anybody may make the play money that they need. */
export function TestDollars({ asset }: { asset: Denomination & { address: Address } }) {
  const { connection } = useWallet()
  const minting = useAction(async ({ market }: Acting, to: Address) => {
    const { mintTestDollars } = await import('@tender/sdk')
    return mintTestDollars(market, { asset: asset.address, to, amount: WHOLE * 10n ** BigInt(asset.decimals) })
  })
  if (!connection) return null
  return (
    <div className="mt-4 flex flex-wrap items-center gap-3 border-t border-line pt-3">
      <Button size="small" busy={isBusy(minting.state)} onClick={() => void minting.run(connection.address)}>
        Get {WHOLE.toString()} test {asset.symbol}
      </Button>
      <ActionStatus state={minting.state} done="They are in your wallet." />
    </div>
  )
}
