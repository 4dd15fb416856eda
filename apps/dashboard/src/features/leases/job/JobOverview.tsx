import type { JobDetail, JobEvent, LeaseDetail } from '@tender/api'
import { formatDuration } from '@tender/protocol'
import { useAssets } from '../../../shared/api/assets.ts'
import { countText } from '../../../shared/format/number.ts'
import { Amount, Price } from '../../../shared/ui/Amount.tsx'
import { Card } from '../../../shared/ui/Card.tsx'
import { type Fact, Facts } from '../../../shared/ui/Facts.tsx'
import { Hash } from '../../../shared/ui/Hash.tsx'
import { TextLink } from '../../../shared/ui/TextLink.tsx'
import { DateTime, RelativeTime } from '../../../shared/ui/Time.tsx'
import { TxLink } from '../../../shared/ui/TxLink.tsx'

type Denominated = { symbol: string; decimals: number }

/** What was agreed, who got what, and everything that happened to it, each with its transaction. */
export function JobOverview({ lease, job }: { lease: LeaseDetail; job: JobDetail }) {
  const { assetOf, stakeToken } = useAssets()
  const asset = assetOf(job.asset)
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        <Card title="Money" hint="All of it moves by the contract, and each movement stands beside it">
          <Facts facts={moneyFacts(job, asset, stakeToken)} />
        </Card>
        <Card title="What was agreed">
          <Facts facts={termsFacts(lease, job, asset)} />
        </Card>
      </div>
      <Card title="What happened" hint="Every step, with the transaction that made it">
        <ol className="flex flex-col gap-4">
          {job.events.toReversed().map((event) => (
            <EventLine key={`${event.tx} ${event.logIndex}`} event={event} />
          ))}
        </ol>
      </Card>
    </div>
  )
}

function moneyFacts(job: JobDetail, asset: Denominated, stakeToken: Denominated): Fact[] {
  const amount = (value: bigint) => <Amount amount={value} asset={asset} />
  const facts: Fact[] = [
    { label: 'Price', meaning: 'Put down by the tenant, held until it is decided.', value: amount(job.price) },
    { label: 'To the provider', value: amount(job.paid) },
    { label: 'The market’s fee', value: amount(job.fee) },
    { label: 'Back to the tenant', value: amount(job.refunded) },
  ]
  if (job.charged > 0n) {
    facts.push(
      {
        label: 'For verifying',
        meaning: 'The verify fee, and a challenge’s bond. Taken from the tenant beside the price.',
        value: amount(job.charged),
      },
      { label: 'Of that to validators', value: amount(job.toValidators) },
      { label: 'Of that back', value: amount(job.returned) },
    )
  }
  if (job.penalised > 0n) {
    facts.push({
      label: 'From the provider’s stake',
      meaning: 'Its penalty, which the tenant got.',
      value: <Amount amount={job.penalised} asset={stakeToken} className="text-bad" />,
    })
  }
  return facts
}

function termsFacts(lease: LeaseDetail, { terms, ...job }: JobDetail, asset: Denominated): Fact[] {
  return [
    {
      label: 'Provider',
      value: (
        <TextLink to="/providers/$id" params={{ id: job.provider }}>
          Provider {job.provider}
        </TextLink>
      ),
    },
    { label: 'Takes', value: `${job.units} ${job.class}, ${lease.tier}` },
    { label: 'Machine time', value: formatDuration(lease.end - lease.start) },
    { label: 'Price per unit', value: <Price amount={lease.price} asset={asset} /> },
    ...(terms
      ? [
          { label: 'Tasks', value: `${countText(terms.leaseTasks)} of ${countText(terms.tasks)}` },
          { label: 'Deadline', value: <DateTime at={terms.deadline} /> },
          {
            label: 'Outputs are compared',
            value: terms.comparator ? (
              <>
                by a module <Hash value={terms.comparator} />
              </>
            ) : (
              'byte by byte'
            ),
          },
          { label: 'Cancelling costs at most', value: <Amount amount={terms.cancelFee} asset={asset} /> },
        ]
      : []),
    { label: 'Lease', value: <Hash value={job.lease} /> },
    { label: 'Order', value: <Hash value={job.order} /> },
    { label: 'Opened by', value: <TxLink tx={job.tx} /> },
  ]
}

const eventWords: Record<JobEvent['kind'], string> = {
  opened: 'Opened: the price is held',
  begun: 'Begun: its provider has all that it needs',
  progressed: 'Committed to what was done so far',
  submitted: 'The result was delivered',
  reanchored: 'The draw came too late, and was set anew',
  drawn: 'Validators were drawn',
  challenged: 'Challenged by the tenant',
  recalled: 'No verdict in time: others are called for',
  judged: 'The validators decided',
  split: 'Nobody decided: the price was split',
  ended: 'Ended',
}

function EventLine({ event }: { event: JobEvent }) {
  const { kind, at, tx, end, passed, validators, tasks } = event
  const more = [
    end?.text,
    passed === null ? undefined : passed ? 'it is right' : 'it is wrong',
    kind === 'drawn' ? `${validators.length} of the market’s monitors` : undefined,
    kind === 'judged' ? `${validators.length} signed` : undefined,
    tasks.length > 0 ? `task ${tasks.join(', ')}` : undefined,
  ].filter((words) => words !== undefined)
  return (
    <li className="flex items-start justify-between gap-4 text-sm">
      <div className="min-w-0">
        <p className="font-medium">{eventWords[kind]}</p>
        {more.length > 0 && <p className="text-[13px] text-muted first-letter:uppercase">{more.join('; ')}</p>}
        <TxLink tx={tx} className="text-[13px] text-muted" />
      </div>
      <RelativeTime at={at} className="shrink-0 text-[13px] text-muted" />
    </li>
  )
}
