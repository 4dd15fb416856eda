import { connect } from 'node:net'
import type { ExitResult, LeaseId } from '@tender/driver'
import { lookAt, lookAtOne } from './containers.ts'
import { endOfAll, type HostTimes, isOwnFault, mayStart, reasonOf, type View, viewOf } from './decide.ts'
import { ignore } from './engine.ts'
import type { Host } from './host.ts'
import type { LeaseNetwork } from './isolation/types.ts'
import { poll } from './poll.ts'
import type { Member, Plan } from './record.ts'
import { statusOf } from './statusOf.ts'

const START_POLL_MS = 100
const ANSWER_POLL_MS = 20
const CONNECT_MS = 1_000
/** Nobody should have to wait longer for a server that has no healthcheck and never listens. */
const ANSWER_MS = 20_000

export type BringUpOptions = {
  /** Called before a service's containers are started, once or more. */
  readonly before?: (service: string) => Promise<void>
}

/**
 * Starts the containers of a plan that were not started yet, each once what it waits for is as it has to be. Resolves when all
 * are started, or with the end of the workload when one never can be.
 */
export async function bringUp(
  host: Host,
  leaseId: LeaseId,
  plan: Plan,
  { before }: BringUpOptions,
  signal: AbortSignal,
): Promise<ExitResult | undefined> {
  const look = async (): Promise<{ result: ExitResult | undefined } | undefined> => {
    const view = viewOf(await lookAt(host.engine, leaseId))
    const waiting = plan.members.filter(({ name }) => view.get(name)?.state === 'created')
    const failure = hopeless(plan, view)
    if (failure || waiting.length === 0) return { result: failure }
    const may = new Set(
      plan.services.filter((service) => mayStart(service, plan, view, justNow()) === 'yes').map(({ name }) => name),
    )
    const ready = waiting.filter(({ service }) => may.has(service))
    for (const service of new Set(ready.map((member) => member.service))) await before?.(service)
    await Promise.all(ready.map(({ name }) => startContainer(host, name, signal)))
    // What was started may be what others wait for: looked at at once.
    return ready.length > 0 ? look() : undefined
  }
  const { result } = await poll(look, START_POLL_MS, signal)
  return result
}

/** What is being started is of this run of the host. */
const justNow = (): HostTimes => ({ nowMs: Date.now(), rebooted: false })

/** The end of a workload of which a part can never be started. */
function hopeless(plan: Plan, view: View): ExitResult | undefined {
  const now = justNow()
  const ends = plan.members.flatMap(({ name }): ExitResult[] => {
    const container = view.get(name)
    const reason = container && reasonOf(container, now)
    return reason ? [{ reason, atMs: container.finishedAtMs || now.nowMs }] : []
  })
  const invalid = ends.find(({ reason }) => reason.kind === 'invalid')
  if (invalid) return invalid
  for (const service of plan.services) {
    const isWaiting = plan.members.some(
      (member) => member.service === service.name && view.get(member.name)?.state === 'created',
    )
    const may = isWaiting ? mayStart(service, plan, view, now) : 'yes'
    if (typeof may !== 'object') continue
    const first = endOfAll(ends)
    const failed = first && !(first.reason.kind === 'exited' && first.reason.code === 0) ? first : undefined
    return failed ?? { reason: { kind: 'crashed', detail: may.never }, atMs: now.nowMs }
  }
  return undefined
}

/** A program that is not there is the workload's end, not the host's failure. */
async function startContainer(host: Host, name: string, signal: AbortSignal): Promise<void> {
  try {
    // 304: it runs already.
    await host.engine.calls.getContainer(name).start({ abortSignal: signal }).catch(ignore(304))
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const seen = statusOf(error) === 0 ? undefined : await lookAtOne(host.engine, name)
    if (!seen || seen.error === '' || !(statusOf(error) === 400 || isOwnFault(seen))) throw error
  }
}

/** Waits until the servers without healthchecks listen; not for ever, since none has to. */
export async function untilAnswering(
  host: Host,
  leaseId: LeaseId,
  plan: Plan,
  network: LeaseNetwork,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.timeout(ANSWER_MS)
  const look = async (): Promise<true | undefined> => {
    if (limit.aborted) return true
    const open = await Promise.all(plan.members.map((member) => answers(plan, member, network)))
    if (open.every(Boolean)) return true
    const view = viewOf(await lookAt(host.engine, leaseId))
    const silent = plan.members.filter((_, index) => !open[index]).map(({ name }) => view.get(name))
    return silent.every((seen) => seen?.state !== 'live' || seen.restarting || seen.health !== 'none') || undefined
  }
  await poll(look, ANSWER_POLL_MS, signal)
}

/** True if every port of a container that serves takes connections. */
export async function answers(plan: Plan, { service, address }: Member, network: LeaseNetwork): Promise<boolean> {
  const { shape, ports = [] } = plan.services.find(({ name }) => name === service) ?? {}
  if (shape !== 'http') return true
  const host = network.address(address)
  const open = await Promise.all(ports.map(({ target }) => canConnect(host, target)))
  return open.every(Boolean)
}

function canConnect(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host, port })
  socket.setTimeout(CONNECT_MS, () => socket.destroy())
  socket.once('connect', () => {
    resolve(true)
    socket.destroy()
  })
  socket.once('error', () => {})
  socket.once('close', () => resolve(false))
  return promise
}
