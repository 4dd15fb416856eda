import { Link } from '@tanstack/react-router'
import type { JobDetail } from '@tender/api'
import { useAssets } from '../../../shared/api/assets.ts'
import { countText } from '../../../shared/format/number.ts'
import { Amount } from '../../../shared/ui/Amount.tsx'
import { cn } from '../../../shared/ui/cn.ts'
import { JobBadge } from '../../../shared/ui/JobBadge.tsx'
import { Meter } from '../../../shared/ui/Meter.tsx'
import type { PartView, TasksView } from './useTasks.ts'

/** The leases of one order, each with how far it is; the one that is shown is marked. */
export function Parts({ view, own }: { view: TasksView; own: JobDetail }) {
  return (
    <nav aria-label="Parts of the order">
      <ul className="grid grid-cols-[repeat(auto-fit,minmax(15rem,1fr))] gap-3">
        {view.parts.map((part) => (
          <li key={part.job.lease} className="min-w-0">
            <Part part={part} current={part.job.lease === own.lease} />
          </li>
        ))}
      </ul>
    </nav>
  )
}

function Part({ part: { job, tasks, told }, current }: { part: PartView; current: boolean }) {
  const { assetOf } = useAssets()
  const all = job.terms?.leaseTasks ?? 0
  const done = tasks.records.length
  const isTold = done > 0 || told.data !== undefined
  return (
    <Link
      to="/leases/$id"
      params={{ id: job.lease }}
      aria-current={current ? 'page' : undefined}
      className={cn(
        'block rounded-xl border bg-surface px-4 py-3 shadow-card transition-colors',
        current ? 'border-accent' : 'border-line hover:bg-hover',
      )}
    >
      <span className="flex items-center justify-between gap-2">
        <span className="text-sm font-medium">
          Part {job.index + 1} <span className="font-normal text-muted">· provider {job.provider}</span>
        </span>
        <JobBadge state={job.state} />
      </span>
      <Meter className="mt-2.5 mb-2" share={all === 0 ? 0 : done / all} label="Tasks done" tone="good" />
      <span className="flex items-baseline justify-between gap-2 text-[13px] text-muted">
        <span>{isTold ? `${countText(done)} of ${countText(all)} tasks` : `${countText(all)} tasks`}</span>
        <Amount amount={job.ended ? job.paid + job.fee : job.price} asset={assetOf(job.asset)} />
      </span>
    </Link>
  )
}
