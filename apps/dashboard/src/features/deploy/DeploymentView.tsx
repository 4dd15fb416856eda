import { formatSize } from '@tender/protocol'
import { Check, Circle, ExternalLink, LoaderCircle, PenLine, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { describeError } from '../../shared/api/describeError.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { CopyButton } from '../../shared/ui/Copyable.tsx'
import { cn } from '../../shared/ui/cn.ts'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { ActionStatus } from '../../shared/wallet/ActionStatus.tsx'
import { afterNews } from '../../shared/wallet/actionState.ts'
import { AuctionView } from './AuctionView.tsx'
import { type Deployment, isUnderWay, leavingMeans, type Step, steps } from './deployment.ts'
import { leaveDeployment } from './deploymentStore.ts'

/** A deployment from its signature to its URL: where it is, what came in, what it waits for. */
export function DeploymentView({ deployment }: { deployment: Deployment }) {
  const { step, error } = deployment
  const underWay = isUnderWay(deployment)
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]">
      <Card title={deployment.name} hint={leavingMeans(deployment)}>
        <ol className="flex flex-col gap-3" aria-label="Steps">
          {steps.map((one) => (
            <StepLine key={one} step={one} deployment={deployment} />
          ))}
        </ol>
        {!underWay && (
          <div className="mt-4 flex flex-wrap gap-2 border-t border-line pt-4">
            <Button size="small" onClick={leaveDeployment}>
              {step === 'ready' ? 'Deploy something else' : 'Back to the file'}
            </Button>
          </div>
        )}
        {underWay && step === 'auction' && (
          <div className="mt-4 border-t border-line pt-4">
            <Button size="small" onClick={leaveDeployment}>
              Cancel: it costs nothing
            </Button>
          </div>
        )}
      </Card>
      <div className="flex min-w-0 flex-col gap-4">
        {error !== undefined && <Failed deployment={deployment} />}
        {step === 'ready' && <Ready deployment={deployment} />}
        {deployment.record && <AuctionView deployment={deployment} />}
      </div>
    </div>
  )
}

const stepWords: Record<Step, string> = {
  prepare: 'A key and a place for bids to come to',
  sign: 'The order is signed',
  auction: 'Providers bid',
  match: 'The match opens the lease',
  send: 'The manifest goes to the winner',
  start: 'The workload starts',
  ready: 'It answers',
}

function StepLine({ step, deployment }: { step: Step; deployment: Deployment }) {
  const [own, at] = [steps.indexOf(step), steps.indexOf(deployment.step)]
  const done = own < at || deployment.step === 'ready'
  const current = own === at && !done
  const failed = current && deployment.error !== undefined
  return (
    <li aria-current={current ? 'step' : undefined} className="flex gap-3">
      <StepIcon
        done={done}
        failed={failed}
        current={current}
        asks={deployment.news?.type === 'signing' && deployment.news.asks}
      />
      <div className={cn('min-w-0 text-sm', !done && !current && 'text-muted')}>
        <p className={cn(current && 'font-medium')}>{stepWords[step]}</p>
        <div className="text-[13px] text-muted">{detailOf(step, deployment, current && !failed)}</div>
      </div>
    </li>
  )
}

type IconProps = { done: boolean; failed: boolean; current: boolean; asks: boolean | undefined }

function StepIcon({ done, failed, current, asks }: IconProps) {
  const look = 'mt-0.5 size-4 shrink-0'
  if (failed) return <TriangleAlert className={cn(look, 'text-bad')} aria-label="Failed" />
  if (done) return <Check className={cn(look, 'text-good')} aria-label="Done" />
  if (current && asks) return <PenLine className={cn(look, 'text-accent')} aria-label="Waits for you" />
  if (current) return <LoaderCircle className={cn(look, 'animate-spin text-accent')} aria-label="Under way" />
  return <Circle className={cn(look, 'text-line-strong')} aria-label="To come" />
}

function detailOf(step: Step, deployment: Deployment, current: boolean): ReactNode {
  const { news, answers, tx, sent, waitingFor } = deployment
  if (step === 'auction' && answers.length > 0)
    return `${answers.length} ${answers.length === 1 ? 'answer' : 'answers'}`
  if (step === 'match' && tx) return <TxLink tx={tx} />
  if (step === 'send' && sent) return `${formatSize(sent.sentBytes)} of ${formatSize(sent.totalBytes)}`
  if (step === 'start' && current && waitingFor) return `Waits: ${waitingFor}`
  if (current && news && news.type !== 'sent') return <ActionStatus state={afterNews(news)} />
  return null
}

function Failed({ deployment }: { deployment: Deployment }) {
  const { message, hint } = describeError(deployment.error)
  const [lease] = deployment.leases
  return (
    <Card>
      <div role="alert" className="flex gap-3">
        <TriangleAlert className="mt-0.5 size-5 shrink-0 text-bad" aria-hidden />
        <div className="min-w-0">
          <p className="font-medium">It stopped here</p>
          <p className="text-sm whitespace-pre-line first-letter:uppercase">{message}</p>
          {hint && <p className="mt-1 text-[13px] text-muted">{hint}</p>}
          <p className="mt-2 text-[13px] text-muted">
            {lease ? (
              <>
                The lease is open and costs money until it is closed:{' '}
                <TextLink to="/leases/$id" params={{ id: lease.leaseId }}>
                  see it, or close it
                </TextLink>
                .
              </>
            ) : (
              'No lease was opened, and nothing was paid.'
            )}
          </p>
        </div>
      </div>
    </Card>
  )
}

function Ready({ deployment }: { deployment: Deployment }) {
  return (
    <>
      {deployment.ready.map(({ leaseId, url }) => (
        <Card key={leaseId} className="border-good/40">
          <div className="flex flex-wrap items-center justify-between gap-4">
            <div className="min-w-0">
              <p className="text-[13px] text-muted">It runs{url ? ', at' : ''}</p>
              {url ? (
                <p className="flex items-center gap-1 text-lg leading-7 font-semibold">
                  <a
                    href={url}
                    target="_blank"
                    rel="noreferrer"
                    className="break-all text-accent underline-offset-4 hover:underline"
                  >
                    {url.replace(/^https?:\/\//, '').replace(/\/$/, '')}
                  </a>
                  <CopyButton value={url} label="Copy the address" />
                </p>
              ) : (
                <p className="text-lg leading-7 font-semibold">{deployment.name}</p>
              )}
            </div>
            <div className="flex flex-wrap gap-2">
              {url && (
                <a
                  href={url}
                  target="_blank"
                  rel="noreferrer"
                  className="inline-flex h-9 items-center gap-2 rounded-lg bg-accent px-4 text-sm font-medium text-on-accent hover:bg-accent-hover"
                >
                  <ExternalLink className="size-4" aria-hidden /> Open
                </a>
              )}
              <ButtonLink to="/leases/$id" params={{ id: leaseId }}>
                Logs, cost and more
              </ButtonLink>
            </div>
          </div>
        </Card>
      ))}
    </>
  )
}
