import { clockTime, shortId } from '@tender/tenant'
import type { JobView } from '../jobs/jobFacts.ts'
import { dueWords } from '../jobs/nextJobSteps.ts'
import { outcomeText } from '../jobs/showJob.ts'
import type { Alarm, Told } from './leaseAlarms.ts'

/** What is to be told of a lease of a job now, and what was told then: it has no end to prolong, but a deadline. Pure. */
export function dueJobAlarms(view: JobView, now: number, told: Told | undefined): { due: Alarm[]; told: Told } {
  const { leaseId, name, deadline, due: step, outcome } = view
  const events = new Set(told?.events)
  const due: Alarm[] = []
  const tell = (event: Alarm['event'], message: string) => {
    if (events.has(event)) return
    events.add(event)
    due.push({ event, lease: leaseId, name, message, end: deadline, at: now })
  }
  const who = `${name} (lease ${shortId(leaseId)})`
  if (outcome) tell('ended', `${who} has ended: ${outcomeText(outcome, view)}`)
  else if (step)
    tell('jobDue', `${who}, which had to be delivered by ${clockTime(deadline)}: ${dueWords(step, shortId(leaseId))}`)
  else events.delete('jobDue')
  return { due, told: { end: deadline, events: [...events] } }
}
