import type { JobDetail } from '@tender/api'
import { chanceToCatch } from '@tender/protocol'
import { useAssets } from '../../../shared/api/assets.ts'
import { countText } from '../../../shared/format/number.ts'
import { useChainNow } from '../../../shared/hooks/useChainNow.ts'
import { Amount } from '../../../shared/ui/Amount.tsx'
import { Card } from '../../../shared/ui/Card.tsx'
import { Stat } from '../../../shared/ui/Stat.tsx'
import { Countdown, DateTime, RelativeTime } from '../../../shared/ui/Time.tsx'
import { nextStep } from './nextStep.ts'

/** The share that a provider is supposed to cheat on, for people to compare by; as the command line has it. */
const CHEATED_SHARE = 0.2

/** What one looks for first: how it stands, what comes next and until when, what it costs, what verifying buys. */
export function JobHeadline({ job, parts }: { job: JobDetail; parts: number }) {
  const now = useChainNow()
  const { assetOf } = useAssets()
  const asset = assetOf(job.asset)
  const { state, means, next } = nextStep(job, now)
  const due = next !== undefined && next.until <= now
  return (
    <Card>
      <div className="grid gap-x-6 gap-y-5 sm:grid-cols-2 lg:grid-cols-4">
        <Stat label="State" value={state} hint={<span className="inline-block first-letter:uppercase">{means}</span>} />
        {next ? (
          <Stat
            label={due ? 'Is due' : 'Next, within'}
            value={due ? <RelativeTime at={next.until} /> : <Countdown until={next.until} />}
            hint={
              <>
                <span className="inline-block first-letter:uppercase">{next.what}</span> by <DateTime at={next.until} />
                ; else {next.else}
              </>
            }
          />
        ) : (
          <Stat
            label={job.ended ? 'Ended' : 'Next'}
            value={job.ended ? <RelativeTime at={job.ended.at} /> : '…'}
            hint={job.ended && <DateTime at={job.ended.at} />}
          />
        )}
        <Stat
          label={job.ended ? 'Paid' : 'Price'}
          value={<Amount amount={job.ended ? job.paid + job.fee : job.price} asset={asset} />}
          hint={job.ended ? <Ended job={job} asset={asset} /> : <Held job={job} asset={asset} />}
        />
        <Stat label="Verification" value={verifyWords(job)} hint={caughtWords(job, parts)} />
      </div>
    </Card>
  )
}

type MoneyProps = { job: JobDetail; asset: { symbol: string; decimals: number } }

function Ended({ job, asset }: MoneyProps) {
  return (
    <>
      of <Amount amount={job.price} asset={asset} />; <Amount amount={job.refunded} asset={asset} /> came back
    </>
  )
}

function Held({ job, asset }: MoneyProps) {
  return (
    <>
      held until it is decided
      {job.terms && (
        <>
          , and <Amount amount={job.terms.verifyFee} asset={asset} /> for its validators
        </>
      )}
    </>
  )
}

function verifyWords({ terms }: JobDetail): string {
  if (!terms) return 'not told yet'
  return `${countText(Math.min(terms.sample, terms.leaseTasks))} of ${countText(terms.leaseTasks)} tasks`
}

/** What a sample buys, by the same arithmetic as the command line. */
function caughtWords({ terms }: JobDetail, parts: number): string {
  if (!terms) return 'its terms are known once it begins'
  const { leaseTasks: tasks, sample, validators } = terms
  const cheated = Math.max(1, Math.round(tasks * CHEATED_SHARE))
  const { exact } = chanceToCatch({ tasks, cheated, sample })
  const who = validators === 1 ? '1 validator' : `${validators} validators`
  const each = parts > 1 ? ' of this part' : ''
  return `run again by ${who}: catches cheating on ${countText(cheated)}${each} with ${Math.round(exact * 100)} %`
}
