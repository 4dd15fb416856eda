import { setTimeout as sleep } from 'node:timers/promises'
import { openTunnel } from '@tender/network'
import { failureClass, InvalidInputError } from '@tender/protocol'
import { getLease } from '@tender/sdk'
import { checkRuns, nearness, nowSeconds, type Reach, servicePort } from '@tender/tenant'
import { type Context, defineCommand, type Out, required, rest } from '../command.ts'
import { type Forward, type ForwardEvent, forwardPort } from '../tenant/forward.ts'
import { warnOfEnd } from '../tenant/paintedEnd.ts'
import { withLease } from '../tenant/withLease.ts'

/** How often the lease's end is looked at: it may be closed or extended meanwhile. */
const LOOK_EVERY_MS = 30_000

export const portForwardCommand = defineCommand({
  description:
    "Makes ports of a lease's workload reachable on this machine alone, at 127.0.0.1, until Ctrl-C or the lease's end. Any port on which it listens, also those that no ingress leads to. Connections made while the provider restarts wait for it.",
  examples: [
    'tender port-forward 4fa1 5432',
    'tender port-forward 4fa1 8080:80',
    'tender port-forward 4fa1 db:5433:5432 web:8080:80',
    'tender port-forward 4fa1 0:80 --json',
  ],
  arguments: {
    lease: required('the beginning of a lease id'),
    ports: rest('[service:]local:remote, or remote alone for the same port here'),
  },
  async run(context, { lease, ports }) {
    const wanted = ports.map(readForward)
    await withLease(context, lease, async (reach) => {
      checkRuns(reach)
      const { leaseId } = reach.record
      const forwards = wanted.map(({ service, ...port }) => ({
        ...port,
        service: servicePort(reach.manifest, service, port.remote),
      }))
      const { signal } = context
      const connect = ({ service, remote }: Forward) =>
        reach.ask((provider, node) => openTunnel(node, provider, { lease: leaseId, service, port: remote }, signal))
      const onEvent = (event: ForwardEvent) => (context.json ? context.emit(event) : show(event, context))
      const closers: (() => void)[] = []
      try {
        for (const forward of forwards) closers.push((await forwardPort(forward, { connect, onEvent, signal })).close)
        await untilOver(context, reach)
      } finally {
        for (const close of closers) close()
      }
    })
  },
})

/** @throws {InvalidInputError} */
function readForward(written: string): Omit<Forward, 'service'> & { service: string | undefined } {
  const [, service, local, remote] =
    /^(?:([a-zA-Z0-9._-]*[a-zA-Z._-][a-zA-Z0-9._-]*):)?(?:(\d{1,5}):)?(\d{1,5})$/.exec(written) ?? []
  const [here, there] = [Number(local ?? remote), Number(remote)]
  if (remote !== undefined && there >= 1 && there <= 65_535 && here <= 65_535) {
    return { service, local: here, remote: there }
  }
  throw new InvalidInputError(`"${written}" is not a port to forward`, [], {
    hint: 'Write it like 8080:80, web:8080:80 or 5432.',
  })
}

function show(event: ForwardEvent, { out, progress }: { out: Out; progress: Out }): void {
  const where = `${event.service}:${event.remote}`
  if (event.event === 'listening') out.line(`${out.paint('cyan', `127.0.0.1:${event.local}`)} leads to ${where}`)
  else if (event.event === 'failed') {
    progress.line(`${where}: ${event.reason}${event.retrying ? '; trying again' : ''}`)
  } else progress.status(`${where}: ${event.open} open, ${event.total} so far`)
}

/** Resolves never; throws at Ctrl-C and when the lease is over. */
async function untilOver({ progress, signal }: Context, { market, record, lease: first }: Reach): Promise<never> {
  let warned = nearness((first?.stop ?? 0) - nowSeconds())
  for (;;) {
    // Tunnels need no chain.
    const lease = await ifReachable(getLease(market, { lease: record.terms }))
    if (lease) {
      checkRuns({ lease, record })
      const now = Math.max(nowSeconds(), lease.timestamp)
      const near = nearness(lease.stop - now)
      if (near === 'hour' && warned !== 'hour') warnOfEnd(progress, { ...record, stop: lease.stop }, now)
      warned = near
    }
    const left = lease ? Math.max(0, lease.stop - nowSeconds()) * 1000 : LOOK_EVERY_MS
    await sleep(Math.min(LOOK_EVERY_MS, left + 500), undefined, { signal })
  }
}

async function ifReachable<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked
  } catch (error) {
    if (failureClass(error) !== 'network' && failureClass(error) !== 'notFound') throw error
  }
}
