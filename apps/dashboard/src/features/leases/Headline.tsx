import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { LeaseDetail } from '@tender/api'
import type { LeaseStatus } from '@tender/network/browser'
import { describeError } from '../../shared/api/describeError.ts'
import { eraQuery, useMarket } from '../../shared/api/queries.ts'
import { bpsText } from '../../shared/format/number.ts'
import { Amount, Price } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { Stat } from '../../shared/ui/Stat.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { Countdown, DateTime, RelativeTime } from '../../shared/ui/Time.tsx'
import { CostSoFar } from './CostSoFar.tsx'
import { reportedUptimeBps } from './leaseMoney.ts'

export type HeadlineProps = { lease: LeaseDetail; workload: UseQueryResult<LeaseStatus> }

/** What one looks for first: how it is, when it ends, what it cost, how long it was up. */
export function Headline({ lease, workload }: HeadlineProps) {
  const { data: market } = useMarket()
  const asset = market?.assets.find(({ address }) => address === lease.asset)
  const ended = lease.state === 'ended'
  return (
    <Card>
      <div className="grid grid-cols-2 gap-x-4 gap-y-5 lg:grid-cols-4">
        <Stat label="Workload" value={workloadWord(lease, workload)} hint={workloadHint(lease, workload)} />
        {lease.stop === null ? (
          <Stat label="Ends" value="with its result" />
        ) : (
          <Stat
            label={ended ? 'Ended' : 'Ends in'}
            value={ended ? <RelativeTime at={lease.stop} /> : <Countdown until={lease.stop} />}
            hint={<DateTime at={lease.stop} />}
          />
        )}
        <Stat
          label={ended ? 'Cost' : 'Cost so far'}
          value={asset ? <CostSoFar lease={lease} asset={asset} /> : '…'}
          hint={
            asset && (
              <>
                <Price amount={lease.rate} asset={asset} />, <Amount amount={lease.held} asset={asset} /> held
              </>
            )
          }
        />
        <UptimeStat lease={lease} />
      </div>
    </Card>
  )
}

const phaseWords: Record<LeaseStatus['phase'], string> = {
  waiting: 'Waits for its files',
  starting: 'Starting',
  ready: 'Running',
  ended: 'Ran to its end',
  failed: 'Failed',
  stopped: 'Stopped',
}

function workloadWord({ state }: LeaseDetail, { data, isError }: HeadlineProps['workload']): string {
  if (state === 'ended') return 'Stopped'
  if (isError) return 'No answer'
  return data ? phaseWords[data.phase] : 'Leased'
}

function workloadHint({ state, ended }: LeaseDetail, { data, isError, isFetching, error }: HeadlineProps['workload']) {
  if (state === 'ended' || ended) return ended?.text
  if (isError) return describeError(error).message
  return (
    data?.reason ??
    data?.waitingFor ??
    (data ? 'as its provider says' : isFetching ? 'asking its provider' : 'its provider cannot be asked from here')
  )
}

function UptimeStat({ lease }: { lease: LeaseDetail }) {
  const [last] = lease.eras
  const { data: report } = useQuery({ ...eraQuery(last?.era ?? 0), enabled: last !== undefined })
  if (!lease.monitored) {
    return <Stat label="Uptime" value="Unmonitored" hint="paid by time: nobody measures it" />
  }
  const reported = reportedUptimeBps(
    lease,
    last && report && { served: last.served, coveredUntil: report.coveredUntil },
  )
  return (
    <Stat
      label="Reported uptime"
      value={reported === undefined ? 'no report yet' : bpsText(reported)}
      hint={
        <>
          promised {bpsText(lease.uptimeBps)}
          {last && (
            <>
              ,{' '}
              <TextLink to="/eras/$era" params={{ era: String(last.era) }} className="underline">
                era {last.era}
              </TextLink>
            </>
          )}
        </>
      }
    />
  )
}
