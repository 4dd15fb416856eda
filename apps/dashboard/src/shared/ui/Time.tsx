import { dateTimeText, durationText, relativeText } from '../format/time.ts'
import { useChainNow } from '../hooks/useChainNow.ts'

/** A moment seen from now, by the chain's time; its date when pointed at. */
export function RelativeTime({ at, className }: { at: number; className?: string }) {
  const now = useChainNow()
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={dateTimeText(at)} className={className}>
      {relativeText(at, now)}
    </time>
  )
}

/** A moment with its date. */
export function DateTime({ at, className }: { at: number; className?: string }) {
  return (
    <time dateTime={new Date(at * 1000).toISOString()} className={className}>
      {dateTimeText(at)}
    </time>
  )
}

/** How long something takes. */
export function Duration({ seconds, className }: { seconds: number; className?: string }) {
  return (
    <span title={`${seconds} seconds`} className={className}>
      {durationText(seconds)}
    </span>
  )
}

/** How long until a moment, by the chain's time, second by second. */
export function Countdown({ until, className }: { until: number; className?: string }) {
  const now = useChainNow()
  return <span className={className}>{durationText(until - now)}</span>
}
