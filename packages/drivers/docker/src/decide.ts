import { constants } from 'node:os'
import type { ExitReason, ExitResult } from '@tender/driver'
import type { Seen } from './containers.ts'
import type { Member, Plan, PlannedService } from './record.ts'

/** Containers by their names. */
export type View = ReadonlyMap<string, Seen>

export function viewOf(seen: readonly Seen[]): View {
  return new Map(seen.map((container) => [container.name, container]))
}

/** What a decision needs to know of the host. */
export type HostTimes = {
  readonly nowMs: number
  /** The host was started anew since the containers were made. */
  readonly rebooted: boolean
}

/** From here on an exit code says that a signal ended the process, as shells and `docker-init` have it. */
const SIGNALLED = 128
const SIGKILL = SIGNALLED + 9
/** What the engine gives to a process that was gone when it came back. */
const UNKNOWN = 255
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

/** Why one container ended; `undefined` while it runs, was not started, or will be started again. */
export function reasonOf(container: Seen | undefined, { rebooted }: HostTimes): ExitReason | undefined {
  if (!container) return { kind: 'lost' }
  if (container.state !== 'ended') return undefined
  const { exitCode, outOfMemory, startedAtMs, error, labels } = container
  if (startedAtMs === 0) return { kind: 'invalid', detail: error || `it could not be started: code ${exitCode}` }
  // A program may also end so by itself.
  if (rebooted && exitCode === UNKNOWN) return { kind: 'lost' }
  if (outOfMemory && exitCode === SIGKILL)
    return { kind: 'killed', by: 'memory', detail: `${labels['tender.service']} used more than its memory` }
  // The engine itself ends containers so, when it was killed and comes back.
  if (exitCode === SIGKILL) return { kind: 'lost' }
  if (exitCode > SIGNALLED && exitCode < SIGNALLED + 65)
    return { kind: 'crashed', detail: signalName(exitCode - SIGNALLED) }
  return { kind: 'exited', code: exitCode }
}

function signalName(number: number): string {
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
  return `died of ${name ?? `signal ${number}`}`
}

/** The engine starts a container of the service again whatever it ended with, until it gives up. */
function givesUp(service: PlannedService | undefined, container: Seen | undefined, reason: ExitReason): boolean {
  if (!service || !container || reason.kind === 'invalid') return false
  if (service.restart === 'always') return true
  const tries = service.maxRetries
  // It would have been started again, had the engine not been told otherwise or come too late.
  return service.restart === 'failed' && !isDone(reason) && (tries === undefined || container.restarts < tries)
}

function isDone(reason: ExitReason): boolean {
  return reason.kind === 'exited' && reason.code === 0
}

/**
 * How the workload ended, or `undefined` while it runs. It has ended when each of its containers has, or one is lost or cannot
 * be run; the first that failed says how, else the last.
 */
export function endOf(plan: Plan, view: View, times: HostTimes): ExitResult | undefined {
  const services = new Map(plan.services.map((service) => [service.name, service]))
  const ends = plan.members.flatMap(({ name, service }) => {
    const container = view.get(name)
    const reason = reasonOf(container, times)
    if (!reason) return []
    const isLost = reason.kind === 'lost' || givesUp(services.get(service), container, reason)
    const result: ExitResult = isLost
      ? { reason: { kind: 'lost' }, atMs: times.nowMs }
      : { reason, atMs: container?.finishedAtMs || times.nowMs }
    return [result]
  })
  const whole = ends.find(({ reason }) => reason.kind === 'lost' || reason.kind === 'invalid')
  if (whole) return whole
  if (ends.length < plan.members.length) return undefined
  return endOfAll(ends)
}

/** The first failure, else the last end. */
export function endOfAll(ends: readonly ExitResult[]): ExitResult | undefined {
  const sorted = ends.toSorted((a, b) => a.atMs - b.atMs)
  return sorted.find(({ reason }) => !isDone(reason)) ?? sorted.at(-1)
}

/** May a service's containers be started, as to what it waits for? `never`: the reason why they never may. */
export type Readiness = 'yes' | 'notYet' | { readonly never: string }

export function mayStart(service: PlannedService, plan: Plan, view: View, times: HostTimes): Readiness {
  const answers = Object.entries(service.dependsOn).flatMap(([name, until]) =>
    plan.members
      .filter((member) => member.service === name)
      .map((member) => dependency(member, until, view.get(member.name), times)),
  )
  const never = answers.find((answer) => typeof answer === 'object')
  return never ?? (answers.every((answer) => answer === 'yes') ? 'yes' : 'notYet')
}

function dependency(
  { service }: Member,
  until: 'started' | 'healthy' | 'completed',
  container: Seen | undefined,
  times: HostTimes,
): Readiness {
  if (!container || container.state === 'created') return 'notYet'
  const reason = reasonOf(container, times)
  const isOver = reason !== undefined
  if (until === 'completed') {
    if (isOver && isDone(reason)) return 'yes'
    return isOver ? { never: `${service} did not complete: ${words(reason)}` } : 'notYet'
  }
  if (until === 'started') return reason?.kind === 'invalid' ? { never: `${service} cannot be run` } : 'yes'
  if (isOver) return { never: `${service} ended before it was healthy: ${words(reason)}` }
  if (container.health === 'unhealthy') return { never: `${service} is not healthy${colon(container.healthOutput)}` }
  return container.health === 'starting' || container.restarting ? 'notYet' : 'yes'
}

/** Why the workload is not ready or not well, of the first service that is not. */
export function waitingFor(plan: Plan, view: View, times: HostTimes): string | undefined {
  for (const { name, service } of plan.members) {
    const container = view.get(name)
    const shape = plan.services.find((planned) => planned.name === service)?.shape
    const reason = reasonOf(container, times)
    if (!container || container.state === 'created') return `${service} is not started`
    if (container.restarting) return `${service} is being started again, after code ${container.exitCode}`
    if (container.health === 'unhealthy') return `${service} is not healthy${colon(container.healthOutput)}`
    if (container.state === 'live' && container.health === 'starting') {
      return `${service} is not healthy yet${colon(container.healthOutput)}`
    }
    if (reason && (shape === 'http' || !isDone(reason))) return `${service} has ended: ${words(reason)}`
  }
  return undefined
}

function colon(text: string): string {
  return text === '' ? '' : `: ${text}`
}

function words(reason: ExitReason): string {
  if (reason.kind === 'exited') return `code ${reason.code}`
  return 'detail' in reason ? reason.detail : reason.kind
}

/** True if the engine's failure to start a container is the doing of who made its image or its command line. */
export function isOwnFault({ exitCode }: Seen): boolean {
  return exitCode === NOT_EXECUTABLE || exitCode === NOT_FOUND
}
