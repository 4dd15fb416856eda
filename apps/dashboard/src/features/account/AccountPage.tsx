import { CircleUser } from 'lucide-react'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { AccountButton, ConnectButton } from '../../shared/wallet/AccountButton.tsx'
import { PlayBadge } from '../../shared/wallet/ConnectDialog.tsx'
import { useWallet } from '../../shared/wallet/useWallet.ts'
import { Balances } from './Balances.tsx'
import { History } from './History.tsx'
import { Private } from './Private.tsx'

/** What an account has, how it came there, and what it keeps at this gateway. */
export function AccountPage() {
  const { connection } = useWallet()
  return (
    <Page
      title="Account"
      badge={connection?.kind === 'play' ? <PlayBadge /> : undefined}
      lead="Money that waits in escrow pays for leases by the second. It is yours at any time but for what running leases hold."
      actions={connection && <AccountButton />}
    >
      {connection ? (
        <>
          <Balances address={connection.address} />
          <History address={connection.address} />
          <Private address={connection.address} />
        </>
      ) : (
        <Card>
          <EmptyState icon={CircleUser} title="No account is connected" actions={<ConnectButton />}>
            Connect one to see its balances, deposit and withdraw. Looking at the market needs none.
          </EmptyState>
        </Card>
      )}
    </Page>
  )
}
