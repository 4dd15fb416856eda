import { faultText, type ResultFault } from '@tender/protocol'
import { CircleCheck, CircleX, PackageOpen } from 'lucide-react'
import { describeError } from '../../../shared/api/describeError.ts'
import { countText } from '../../../shared/format/number.ts'
import { Button } from '../../../shared/ui/Button.tsx'
import { Card } from '../../../shared/ui/Card.tsx'
import { cn } from '../../../shared/ui/cn.ts'
import { EmptyState } from '../../../shared/ui/EmptyState.tsx'
import { Skeleton } from '../../../shared/ui/Skeleton.tsx'
import { RelativeTime } from '../../../shared/ui/Time.tsx'
import { TxLink } from '../../../shared/ui/TxLink.tsx'
import type { CheckedResult } from './checkJob.ts'
import type { PartView } from './useTasks.ts'

/** What was delivered, worked out in the browser against the chain. */
export function ResultCard({ part }: { part: PartView }) {
  const { job, checked, reach } = part
  return (
    <Card
      title="The result against the chain"
      hint="Worked out in your browser; what it is compared with your browser read from the chain itself"
    >
      {!job.result ? (
        <EmptyState icon={PackageOpen} title="Nothing is delivered yet" className="py-6">
          {job.ended ? 'It ended without a result.' : 'Its provider commits to all of it at once.'}
        </EmptyState>
      ) : checked.data ? (
        <Worked {...checked.data} />
      ) : checked.isError ? (
        <div role="alert" className="flex flex-col items-start gap-2 text-[13px]">
          <p className="text-bad">{describeError(checked.error).message}</p>
          <Button size="small" onClick={() => void checked.refetch()}>
            Try again
          </Button>
        </div>
      ) : reach ? (
        <Skeleton className="h-40 w-full rounded-lg" />
      ) : (
        <p className="text-sm text-muted">
          Delivered <RelativeTime at={job.result.at} />, <TxLink tx={job.result.tx}>committed to on the chain</TxLink>.
          Its records come from its provider, which is not asked from here.
        </p>
      )}
    </Card>
  )
}

function Worked({ result, submission, faults, outputBytes, submitted }: CheckedResult) {
  const good = faults.length === 0
  const Icon = good ? CircleCheck : CircleX
  const none = (...kinds: ResultFault['fault'][]) => !faults.some(({ fault }) => kinds.includes(fault))
  const tasks = countText(result.records.length)
  return (
    <div className="flex flex-col gap-4">
      <div
        role="status"
        className={cn('flex gap-3 rounded-lg px-4 py-3', good ? 'bg-good-soft text-good' : 'bg-bad-soft text-bad')}
      >
        <Icon className="mt-0.5 size-5 shrink-0" aria-hidden />
        <div>
          <p className="font-semibold">{good ? 'As committed' : 'Not what an honest provider delivers'}</p>
          <p className="text-[13px] text-ink">
            {good
              ? 'The outputs that are shown here are those that its provider answers for.'
              : 'Its validators find the same by themselves.'}{' '}
            <TxLink tx={submitted}>Delivery</TxLink>
          </p>
        </div>
      </div>
      <ul className="flex flex-col gap-2 text-[13px]">
        <Line holds={none('wrongRoot', 'otherLease')}>
          The records of {tasks} tasks hash, one into the next, to the root on the chain
        </Line>
        <Line holds={none('missingTask', 'duplicateTask', 'foreignTask')}>Each task of the lease is there, once</Line>
        <Line holds={none('blockOutside', 'unknownBlock', 'blockFalls')}>
          Each names a block of the time in which it was done, and the chain has its hash
        </Line>
        <Line holds={none('progressNotPrefix')}>
          {submission.progress.length > 0
            ? `What was committed to on the way (${submission.progress.length}) is the beginning of it`
            : 'Nothing was committed to on the way'}
        </Line>
        {outputBytes !== undefined && (
          <Line holds={none('outputTooLarge')}>No output is larger than it may be, by its record</Line>
        )}
      </ul>
      {!good && (
        <ul className="list-disc rounded-lg bg-bad-soft py-2 pr-3 pl-8 text-[13px] text-bad">
          {faults.slice(0, 20).map((fault) => (
            <li key={faultText(fault)}>{faultText(fault)}</li>
          ))}
          {faults.length > 20 && <li>and {countText(faults.length - 20)} more</li>}
        </ul>
      )}
      <div>
        <p className="text-[13px] text-muted">Root</p>
        <p
          className={cn(
            'mt-1 rounded-md px-3 py-1.5 font-mono text-xs leading-5 break-all',
            none('wrongRoot') ? 'bg-good-soft text-good' : 'bg-bad-soft text-bad',
          )}
        >
          {submission.root}
        </p>
      </div>
    </div>
  )
}

function Line({ holds, children }: { holds: boolean; children: React.ReactNode }) {
  const Icon = holds ? CircleCheck : CircleX
  return (
    <li className="flex gap-2">
      <Icon className={cn('mt-0.5 size-4 shrink-0', holds ? 'text-good' : 'text-bad')} aria-hidden />
      <span>
        <span className="sr-only">{holds ? 'Holds: ' : 'Does not hold: '}</span>
        {children}
      </span>
    </li>
  )
}
