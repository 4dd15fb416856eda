import type { JobDetail } from '@tender/api'
import { CircleCheck, CircleDashed, CircleX, Users } from 'lucide-react'
import { Badge } from '../../../shared/ui/Badge.tsx'
import { Card } from '../../../shared/ui/Card.tsx'
import { cn } from '../../../shared/ui/cn.ts'
import { EmptyState } from '../../../shared/ui/EmptyState.tsx'
import { Hash } from '../../../shared/ui/Hash.tsx'
import { RelativeTime } from '../../../shared/ui/Time.tsx'
import { TxLink } from '../../../shared/ui/TxLink.tsx'

type Draw = JobDetail['draws'][number]

/** Who was drawn, set by set, and what those signed who decided. */
export function ValidatorsCard({ job }: { job: JobDetail }) {
  const { verdict, draws } = job
  return (
    <Card
      title="Validators"
      hint="Monitors, drawn by lot once the result was delivered; more than half of them decide"
      actions={
        verdict && <Badge tone={verdict.passed ? 'good' : 'bad'}>{verdict.passed ? 'passed' : 'found wrong'}</Badge>
      }
    >
      {draws.length === 0 ? (
        <EmptyState icon={Users} title="Nobody is drawn yet" className="py-6">
          {job.ended
            ? 'It ended without validators.'
            : 'They are drawn after the result is delivered, so that nobody can ask them before.'}
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-5">
          {draws.map((draw, at) => (
            <DrawList
              key={draw.tx}
              draw={draw}
              job={job}
              last={at === draws.length - 1}
              title={titles[at] ?? 'Drawn'}
            />
          ))}
          {verdict && (
            <p className="text-[13px] text-muted">
              <TxLink tx={verdict.tx}>
                {verdict.passed ? 'Passed' : 'Found wrong'} by {verdict.signers.length} of{' '}
                {draws.at(-1)?.validators.length ?? 0}
              </TxLink>{' '}
              <RelativeTime at={verdict.at} />. What each found it tells to{' '}
              <code className="text-xs">tender job show</code>.
            </p>
          )}
        </div>
      )}
    </Card>
  )
}

const titles = ['Drawn first', 'Drawn again'] as const

type DrawListProps = { draw: Draw; job: JobDetail; last: boolean; title: string }

function DrawList({ draw, job, last, title }: DrawListProps) {
  return (
    <section aria-label={title}>
      <h3 className="mb-2 flex items-baseline justify-between gap-3 text-[13px]">
        <TxLink tx={draw.tx} className="font-medium">
          {job.draws.length > 1 ? title : 'Drawn'}
        </TxLink>
        <RelativeTime at={draw.at} className="text-muted" />
      </h3>
      <ul className="divide-y divide-line rounded-lg border border-line">
        {draw.validators.map((validator) => (
          <li key={validator} className="flex items-center justify-between gap-3 px-3 py-2 text-sm">
            <Hash value={validator} />
            <Signed validator={validator} job={job} last={last} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Signed({ validator, job: { verdict, ended }, last }: { validator: string; job: JobDetail; last: boolean }) {
  const signed = last && verdict?.signers.includes(validator as `0x${string}`) // CAST: only compared
  const [Icon, words, tone] =
    signed && verdict
      ? verdict.passed
        ? ([CircleCheck, 'signed that it is right', 'text-good'] as const)
        : ([CircleX, 'signed that it is wrong', 'text-bad'] as const)
      : ([
          CircleDashed,
          verdict || ended || !last ? 'not in the verdict' : 'has not decided yet',
          'text-muted',
        ] as const)
  return (
    <span className={cn('inline-flex items-center gap-1.5 text-[13px]', tone)}>
      <Icon className="size-4 shrink-0" aria-hidden />
      {words}
    </span>
  )
}
