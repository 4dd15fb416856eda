import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { LeaseDetail } from '@tender/api'
import { ExternalLink } from 'lucide-react'
import { Suspense, useState } from 'react'
import { leaseQuery, useMarket } from '../../shared/api/queries.ts'
import { shortHex } from '../../shared/format/hex.ts'
import { Button, buttonLook } from '../../shared/ui/Button.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Page } from '../../shared/ui/Page.tsx'
import { Skeleton, SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { type Tab, Tabs } from '../../shared/ui/Tabs.tsx'
import { useWallet } from '../../shared/wallet/useWallet.ts'
import { CloseDialog } from './CloseDialog.tsx'
import { ElsewhereService } from './Elsewhere.tsx'
import { ExtendDialog } from './ExtendDialog.tsx'
import { Headline } from './Headline.tsx'
import { LeaseBadge } from './LeaseBadge.tsx'
import { Logs } from './Logs.tsx'
import { Overview } from './Overview.tsx'
import { TerminalTab } from './TerminalTab.tsx'
import { UpdateTab } from './UpdateTab.tsx'
import { Uptime } from './Uptime.tsx'
import { type PageReach, useReach, useWorkload } from './useReach.ts'

// Most leases are no jobs.
const JobPage = lazyPart(() => import('./job/JobPage.tsx').then((part) => part.JobPage))
const UsageTab = lazyPart(() => import('./UsageTab.tsx').then((part) => part.UsageTab))

/** One lease: what it costs, how it is, what it wrote, and all that can be done about it. */
export function LeasePage() {
  const { id } = useParams({ from: '/leases/$id' })
  const lease = useQuery(leaseQuery(id))
  const { data: market } = useMarket()
  if (lease.isLoadingError) {
    return (
      <Page title="Lease">
        <Card>
          <ErrorState
            title="The lease could not be read"
            error={lease.error}
            retry={() => void lease.refetch()}
            actions={
              <ButtonLink to="/leases" size="small">
                My leases
              </ButtonLink>
            }
          />
        </Card>
      </Page>
    )
  }
  if (!lease.data || !market) return <Loading />
  if (lease.data.kind === 'service') return <Known lease={lease.data} />
  return (
    <Suspense fallback={<Loading />}>
      <JobPage key={lease.data.order} lease={lease.data} />
    </Suspense>
  )
}

function Loading() {
  return (
    <Page title="Lease">
      <Card flush>
        <SkeletonRows rows={6} />
      </Card>
    </Page>
  )
}

function Known({ lease }: { lease: LeaseDetail }) {
  const { connection } = useWallet()
  const { data: reach } = useReach(lease.id)
  const [dialog, setDialog] = useState<'close' | 'extend'>()
  const isTenant = connection?.address === lease.tenant
  const running = lease.state !== 'ended'
  const workload = useWorkload(reach, running)
  const url = workload.data?.url ?? reach?.record.url
  return (
    <Page
      title={reach?.record.name ?? `Lease ${shortHex(lease.id)}`}
      badge={<LeaseBadge lease={lease} />}
      actions={
        <>
          {url && running && (
            <a href={url} target="_blank" rel="noreferrer" className={buttonLook({ look: 'primary' })}>
              <ExternalLink aria-hidden /> Open
            </a>
          )}
          {isTenant && lease.state === 'running' && (
            <>
              <Button onClick={() => setDialog('extend')}>Extend</Button>
              <Button look="danger" onClick={() => setDialog('close')}>
                Close
              </Button>
            </>
          )}
        </>
      }
    >
      <Headline lease={lease} workload={workload} />
      {reach === null && isTenant && running && <ElsewhereService lease={lease} />}
      <Tabs label="Parts of the lease" tabs={tabsOf(lease, reach ?? undefined, running)} />
      {dialog === 'close' && <CloseDialog lease={lease} onClose={() => setDialog(undefined)} />}
      {dialog === 'extend' && <ExtendDialog lease={lease} onClose={() => setDialog(undefined)} />}
    </Page>
  )
}

function tabsOf(lease: LeaseDetail, reach: PageReach | undefined, running: boolean): Tab[] {
  const overview = { value: 'overview', label: 'Overview', content: <Overview lease={lease} reach={reach} /> }
  const uptime = { value: 'uptime', label: 'Uptime', content: <Uptime lease={lease} /> }
  if (!reach) return [overview, uptime]
  const logs = { value: 'logs', label: 'Logs', content: <Logs reach={reach} running={running} /> }
  if (!running) return [overview, logs, uptime]
  const usage = {
    value: 'usage',
    label: 'Usage',
    content: (
      <Suspense fallback={<Skeleton className="h-64 w-full" />}>
        <UsageTab reach={reach} />
      </Suspense>
    ),
  }
  const terminal = { value: 'terminal', label: 'Terminal', content: <TerminalTab reach={reach} /> }
  if (!reach.manifest) return [overview, logs, usage, terminal, uptime]
  const update = { value: 'update', label: 'Update', content: <UpdateTab lease={lease} reach={reach} /> }
  if (reach.manifest.brief.driver === 'wasm') return [overview, logs, usage, uptime, update]
  return [overview, logs, usage, terminal, uptime, update]
}
