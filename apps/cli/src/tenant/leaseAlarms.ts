import { endText, type LeaseView, shortId, WARN_SECONDS } from '@tender/tenant'
export const alarmEvents = [
  'endsInDay',
  'endsInHour',
  'ended',
  'silent',
  'answersAgain',
  'failed',
  'lowBalance',
  'jobDue',
] as const

/** Something that a tenant should know of a lease. */
export type Alarm = {
  event: (typeof alarmEvents)[number]
  lease: `0x${string}`
  name: string
  /** One sentence. */
  message: string
  /** When the lease ends, unix seconds. */
  end: number
  /** Unix seconds. */
  at: number
}

/** Which alarms of a lease were told. Kept, so that a restart tells none of them twice. */
export type Told = {
  /** For this end; another end, after an extension, is told anew. */
  end: number
  events: readonly Alarm['event'][]
}

export type AlarmFacts = {
  view: Pick<LeaseView, 'leaseId' | 'name' | 'status' | 'reason' | 'stop'>
  /** True if it extends itself and could not at the next time: in words what is missing. */
  lowBalance: string | undefined
  now: number
}

/** What is to be told of a lease now, and what was told then. Pure. */
export function dueAlarms({ view, lowBalance, now }: AlarmFacts, told: Told | undefined): { due: Alarm[]; told: Told } {
  const { status, stop } = view
  // An extension moves the end, and what was said of the old end is void; what it said of its provider is not.
  const before = (told?.events ?? []).filter((event) => told?.end === stop || !/^ends/.test(event))
  const events = new Set(before)
  const due: Alarm[] = []
  const tell = (event: Alarm['event'], message: string) => {
    if (events.has(event)) return
    events.add(event)
    due.push({ event, lease: view.leaseId, name: view.name, message, end: stop, at: now })
  }
  const who = `${view.name} (lease ${shortId(view.leaseId)})`

  const isOver = status === 'settling' || status === 'ended' || stop <= now
  if (isOver) {
    tell('ended', `${who} is over since ${endText(stop, now)}: ${view.reason ?? 'its time is over'}`)
    return { due, told: { end: stop, events: [...events] } }
  }
  if (status === 'ending') return { due, told: { end: stop, events: [...events] } }
  const [hour, day] = WARN_SECONDS
  const ends = `${who} ends ${endText(stop, now)}`
  const extend = `prolong it with \`tender extend ${shortId(view.leaseId)} 2h\``
  if (stop - now <= hour) {
    tell('endsInHour', `${ends}: ${extend}`)
    // Who is told of the hour needs not be told of the day after it.
    events.add('endsInDay')
  } else if (stop - now <= day) tell('endsInDay', `${ends}: ${extend}`)

  if (status === 'silent') {
    tell('silent', `the provider of ${who} does not answer${view.reason === undefined ? '' : `: ${view.reason}`}`)
    events.delete('answersAgain')
  } else if (events.delete('silent')) {
    events.delete('answersAgain')
    tell('answersAgain', `the provider of ${who} answers again`)
  }
  if (status === 'failed') tell('failed', `${who} does not run${view.reason === undefined ? '' : `: ${view.reason}`}`)
  else if (status === 'running') events.delete('failed')
  if (lowBalance !== undefined) tell('lowBalance', `${who}: ${lowBalance}`)
  else events.delete('lowBalance')
  return { due, told: { end: stop, events: [...events] } }
}
