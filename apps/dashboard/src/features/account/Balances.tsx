import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Address } from 'viem'
import { accountQuery, useMarket } from '../../shared/api/queries.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Explained } from '../../shared/ui/Explained.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { Stat } from '../../shared/ui/Stat.tsx'
import { DepositDialog } from '../../shared/wallet/DepositDialog.tsx'
import { useBalances } from '../../shared/wallet/useBalances.ts'
import { TestDollars } from './TestDollars.tsx'
import { WithdrawDialog } from './WithdrawDialog.tsx'

type AssetRow = {
  asset: { address: Address; symbol: string; name: string; decimals: number }
  wallet: bigint
  deposited: bigint
  leased: bigint | undefined
  reserved: bigint | undefined
}

/** What the account has of each asset, and moving it. */
export function Balances({ address }: { address: Address }) {
  const balances = useBalances()
  const account = useQuery(accountQuery(address))
  const { data: market } = useMarket()
  if (balances.isLoadingError) {
    return (
      <Card>
        <ErrorState
          title="The balances could not be read"
          error={balances.error}
          retry={() => void balances.refetch()}
        />
      </Card>
    )
  }
  if (!balances.data) {
    return (
      <Card title="Balances" flush>
        <SkeletonRows rows={3} />
      </Card>
    )
  }
  const rows = balances.data.map(({ asset, wallet, deposited }): AssetRow => {
    const held = account.data?.balances.find((balance) => balance.asset === asset.address)
    const none = account.data ? 0n : undefined
    return { asset, wallet, deposited, leased: held?.leased ?? none, reserved: held?.reserved ?? none }
  })
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      {rows.map((row) => (
        <AssetCard key={row.asset.address} row={row} mayMint={market?.embedded === true} />
      ))}
    </div>
  )
}

function AssetCard({ row, mayMint }: { row: AssetRow; mayMint: boolean }) {
  const [dialog, setDialog] = useState<'deposit' | 'withdraw'>()
  const { asset, wallet, deposited, leased, reserved } = row
  return (
    <Card
      title={asset.symbol}
      hint={asset.name}
      actions={
        <>
          <Button size="small" look="primary" onClick={() => setDialog('deposit')}>
            Deposit
          </Button>
          <Button size="small" disabled={deposited === 0n} onClick={() => setDialog('withdraw')}>
            Withdraw
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-3">
        <Stat
          label={
            <Explained meaning="In escrow and free: it pays for new leases, and can be withdrawn now.">
              Deposited
            </Explained>
          }
          value={<Amount amount={deposited} asset={asset} />}
          hint={reserved ? <>and {<Amount amount={reserved} asset={asset} />} locked for auctions</> : undefined}
        />
        <Stat
          label={
            <Explained meaning="Held in escrow for your leases: providers earn it by the second, the rest comes back.">
              In leases
            </Explained>
          }
          value={leased === undefined ? '…' : <Amount amount={leased} asset={asset} />}
        />
        <Stat
          label={<Explained meaning="In the account itself, outside the market.">In the wallet</Explained>}
          value={<Amount amount={wallet} asset={asset} />}
        />
      </div>
      {mayMint && wallet === 0n && <TestDollars asset={asset} />}
      {dialog === 'deposit' && <DepositDialog onClose={() => setDialog(undefined)} asset={asset} />}
      {dialog === 'withdraw' && (
        <WithdrawDialog onClose={() => setDialog(undefined)} asset={asset} deposited={deposited} />
      )}
    </Card>
  )
}
