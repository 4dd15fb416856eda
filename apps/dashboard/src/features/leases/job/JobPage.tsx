import type { JobDetail, LeaseDetail } from '@tender/api'
import { useState } from 'react'
import { useChainNow } from '../../../shared/hooks/useChainNow.ts'
import { Button } from '../../../shared/ui/Button.tsx'
import { Card } from '../../../shared/ui/Card.tsx'
import { ErrorState } from '../../../shared/ui/ErrorState.tsx'
import { JobBadge } from '../../../shared/ui/JobBadge.tsx'
import { Page } from '../../../shared/ui/Page.tsx'
import { SkeletonRows } from '../../../shared/ui/Skeleton.tsx'
import { Tabs } from '../../../shared/ui/Tabs.tsx'
import { useWallet } from '../../../shared/wallet/useWallet.ts'
import { useReaches } from '../useReach.ts'
import { AcceptDialog } from './AcceptDialog.tsx'
import { CancelDialog } from './CancelDialog.tsx'
import { ChallengeDialog } from './ChallengeDialog.tsx'
import { ElsewhereJob } from './ElsewhereJob.tsx'
import { JobHeadline } from './JobHeadline.tsx'
import { JobOverview } from './JobOverview.tsx'
import { jobTitle } from './jobTitle.ts'
import { actionsOf, type JobAction } from './nextStep.ts'
import { Parts } from './Parts.tsx'
import { PicturesTab } from './PicturesTab.tsx'
import { TasksTab } from './TasksTab.tsx'
import { type JobParts, useJob } from './useJob.ts'
import { type TasksView, useTasks } from './useTasks.ts'
import { VerificationTab } from './VerificationTab.tsx'

/** A job: how far it is, its tasks, what they made, who verified it, and who was paid. */
export function JobPage({ lease }: { lease: LeaseDetail }) {
  const { data, error, retry } = useJob(lease)
  if (data) return <Known lease={lease} {...data} />
  return (
    <Page title="Job">
      <Card flush>
        {error ? (
          <ErrorState title="The job could not be read" error={error} retry={retry} />
        ) : (
          <SkeletonRows rows={6} />
        )}
      </Card>
    </Page>
  )
}

function Known({ lease, parts, own }: JobParts & { lease: LeaseDetail }) {
  const { connection } = useWallet()
  const [dialog, setDialog] = useState<JobAction>()
  const reaches = useReaches(parts.map((job) => job.lease))
  const view = useTasks(parts, reaches)
  const isTenant = connection?.address === own.tenant
  const reach = view.parts.find(({ job }) => job.lease === own.lease)?.reach
  return (
    <Page
      title={jobTitle(own, reach?.record)}
      badge={<JobBadge state={own.state} />}
      lead={
        parts.length > 1 ? `Part ${own.index + 1} of ${parts.length} of one order, which share its tasks.` : undefined
      }
      actions={isTenant && <Actions job={own} onAction={setDialog} />}
    >
      <JobHeadline job={own} parts={parts.length} />
      {parts.length > 1 && <Parts view={view} own={own} />}
      {isTenant && <ElsewhereJob view={view} />}
      <Tabs label="Parts of the job" tabs={tabsOf(lease, own, view)} />
      {dialog === 'accept' && <AcceptDialog job={own} onClose={() => setDialog(undefined)} />}
      {dialog === 'cancel' && <CancelDialog job={own} onClose={() => setDialog(undefined)} />}
      {dialog === 'challenge' && <ChallengeDialog job={own} view={view} onClose={() => setDialog(undefined)} />}
    </Page>
  )
}

const actionWords: Record<JobAction, string> = { accept: 'Accept', challenge: 'Challenge', cancel: 'Cancel' }

function Actions({ job, onAction }: { job: JobDetail; onAction: (action: JobAction) => void }) {
  const now = useChainNow()
  return actionsOf(job, now).map((action) => (
    <Button key={action} look={action === 'cancel' ? 'danger' : 'secondary'} onClick={() => onAction(action)}>
      {actionWords[action]}
    </Button>
  ))
}

function tabsOf(lease: LeaseDetail, own: JobDetail, view: TasksView) {
  return [
    { value: 'tasks', label: 'Tasks', content: <TasksTab view={view} own={own} /> },
    { value: 'pictures', label: 'Pictures', content: <PicturesTab view={view} own={own} /> },
    { value: 'verification', label: 'Verification', content: <VerificationTab view={view} own={own} /> },
    { value: 'overview', label: 'Overview', content: <JobOverview lease={lease} job={own} /> },
  ]
}
