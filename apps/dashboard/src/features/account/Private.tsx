import { KeyRound } from 'lucide-react'
import type { Address } from 'viem'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { ActionStatus } from '../../shared/wallet/ActionStatus.tsx'
import { isBusy } from '../../shared/wallet/actionState.ts'
import { Drafts } from './Drafts.tsx'
import { Tokens } from './Tokens.tsx'
import { useSession, useSignIn, useSignOut } from './useSession.ts'

/** What the account keeps at this gateway only: drafts and API tokens, behind a sign-in. */
export function Private({ address }: { address: Address }) {
  const session = useSession()
  const signIn = useSignIn()
  const signOut = useSignOut()
  if (session.isPending) {
    return (
      <Card title="At this gateway" flush>
        <SkeletonRows rows={2} />
      </Card>
    )
  }
  if (session.isError) {
    return (
      <Card title="At this gateway">
        <ErrorState title="The sign-in could not be read" error={session.error} retry={() => void session.refetch()} />
      </Card>
    )
  }
  if (session.data?.address !== address) {
    return (
      <Card
        title="At this gateway"
        hint="Drafts of Compose files and API tokens are kept by the gateway, not by the market"
      >
        <EmptyState
          icon={KeyRound}
          title={session.data ? 'Another account is signed in' : 'Not signed in'}
          actions={
            <Button look="primary" busy={isBusy(signIn.state)} onClick={() => void signIn.run(address)}>
              Sign in with this account
            </Button>
          }
        >
          Sign a text with your account to show that it is yours. It is no transaction, costs nothing and moves nothing.
          <ActionStatus state={signIn.state} className="mt-2 text-left" />
        </EmptyState>
      </Card>
    )
  }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Drafts />
      <Tokens
        signOut={
          <Button size="small" busy={isBusy(signOut.state)} onClick={() => void signOut.run()}>
            Sign out
          </Button>
        }
      />
    </div>
  )
}
