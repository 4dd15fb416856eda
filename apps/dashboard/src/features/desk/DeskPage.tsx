import { useQuery } from '@tanstack/react-query'
import type { ProviderDetail } from '@tender/api'
import { Landmark } from 'lucide-react'
import { useState } from 'react'
import { accountQuery, providerQuery, useMarket } from '../../shared/api/queries.ts'
import { bpsText, countText } from '../../shared/format/number.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { LevelBadge } from '../../shared/ui/LevelBadge.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { ProviderStateBadge } from '../../shared/ui/ProviderStateBadge.tsx'
import { Select } from '../../shared/ui/Select.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { Stat } from '../../shared/ui/Stat.tsx'
import { ConnectButton } from '../../shared/wallet/AccountButton.tsx'
import { useWallet } from '../../shared/wallet/useWallet.ts'
import { CapacityCard } from './CapacityCard.tsx'
import { DeskLeases } from './DeskLeases.tsx'
import { EarningsCard } from './EarningsCard.tsx'
import { LostOrders } from './LostOrders.tsx'
import { Standing } from './Standing.tsx'

/** What a provider earns, runs and stands for; for its owner or operator. */
export function DeskPage() {
  const { connection, restoring } = useWallet()
  if (connection) return <DeskOf account={connection.address} />
  return (
    <Page title="Provider's desk" lead="What you earn, run and stand for.">
      <Card flush>
        {restoring ? (
          <SkeletonRows rows={4} />
        ) : (
          <EmptyState icon={Landmark} title="No account is connected" actions={<ConnectButton />}>
            Connect the account that owns a provider, or its operator key.
          </EmptyState>
        )}
      </Card>
    </Page>
  )
}

function DeskOf({ account }: { account: string }) {
  const [chosen, setChosen] = useState<string>()
  const { data, isLoadingError, error, refetch } = useQuery(accountQuery(account))
  const ids = data ? [...new Set([...data.providers, ...(data.operates === null ? [] : [data.operates])])] : undefined
  const id = chosen !== undefined && ids?.includes(chosen) ? chosen : ids?.[0]
  if (id !== undefined && ids) return <Desk id={id} ids={ids} onChoose={setChosen} />
  return (
    <Page title="Provider's desk" lead="What you earn, run and stand for.">
      <Card flush>
        {isLoadingError ? (
          <ErrorState title="The account could not be read" error={error} retry={() => void refetch()} />
        ) : !ids ? (
          <SkeletonRows rows={4} />
        ) : (
          <EmptyState
            icon={Landmark}
            title="This account owns no provider"
            actions={
              <ButtonLink to="/providers" size="small">
                See who sells
              </ButtonLink>
            }
          >
            Whoever has a machine to spare can sell it: <code>tender provider init</code> registers it, and{' '}
            <code>tender provider start</code> sells. Nothing has to be opened in your router.
          </EmptyState>
        )}
      </Card>
    </Page>
  )
}

type DeskProps = { id: string; ids: readonly string[]; onChoose: (id: string) => void }

function Desk({ id, ids, onChoose }: DeskProps) {
  const provider = useQuery(providerQuery(id))
  const options = ids.map((value) => ({ value, label: `Provider ${value}` }))
  const select = ids.length > 1 && (
    <Select aria-label="Which provider" value={id} options={options} onValueChange={onChoose} />
  )
  if (!provider.data) {
    return (
      <Page title={`Provider ${id}`} actions={select}>
        <Card flush>
          {provider.isLoadingError ? (
            <ErrorState
              title="The provider could not be read"
              error={provider.error}
              retry={() => void provider.refetch()}
            />
          ) : (
            <SkeletonRows rows={5} />
          )}
        </Card>
      </Page>
    )
  }
  return (
    <Page
      title={`Desk of provider ${id}`}
      badge={<ProviderStateBadge state={provider.data.state} />}
      lead="From the chain and signed reports. How the host itself is, only the machine knows: ask it with tender provider status."
      actions={
        <>
          {select}
          <ButtonLink to="/providers/$id" params={{ id }}>
            Public page
          </ButtonLink>
        </>
      }
    >
      <Figures provider={provider.data} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <EarningsCard provider={id} />
        <Standing provider={provider.data} />
        <DeskLeases provider={id} />
        <CapacityCard provider={provider.data} />
      </div>
      <LostOrders provider={provider.data} />
    </Page>
  )
}

function Figures({ provider }: { provider: ProviderDetail }) {
  const { data: market } = useMarket()
  const { stake, leases, level, score, capacity } = provider
  const committed = capacity.reduce((sum, one) => sum + one.committed, 0)
  const leased = capacity.reduce((sum, one) => sum + one.leased, 0)
  return (
    <Card>
      <div className="grid grid-cols-2 gap-x-4 gap-y-5 lg:grid-cols-4">
        <Stat label="Leases" value={countText(leases.running)} hint={`running, ${countText(leases.total)} ever`} />
        <Stat label="Capacity leased" value={`${countText(leased)} of ${countText(committed)}`} hint="units" />
        <Stat
          label="Stake"
          value={market ? <Amount amount={stake.bonded} asset={market.stakeToken} /> : '…'}
          hint={
            market && (
              <>
                <Amount amount={stake.locked} asset={market.stakeToken} /> locked,{' '}
                <Amount amount={reserveOf(stake)} asset={market.stakeToken} /> in reserve
              </>
            )
          }
        />
        <Stat label="Standing" value={<LevelBadge level={level} />} hint={`score ${bpsText(score)}`} />
      </div>
    </Card>
  )
}

/** What a slash may take before units stop selling. */
function reserveOf({ bonded, locked }: ProviderDetail['stake']): bigint {
  return bonded > locked ? bonded - locked : 0n
}
