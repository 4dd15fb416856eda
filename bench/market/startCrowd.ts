import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CrowdReading, CrowdStart, FromCrowd } from './crowd.ts'

/** Providers that run in processes of their own. */
export type Crowd = {
  /** Of each provider, where peers reach it. */
  addresses: string[][]
  read(): Promise<CrowdReading>
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 600_000
const READ_TIMEOUT_MS = 120_000
/**
 * Whoever starts announces itself after 3, 9, 21, 45 and 93 seconds, and then once a minute. Of many on one machine these are more than it
 * verifies.
 */
const QUIET_MS = 95_000
const MANY = 20
/** What one thread can be while nothing is ordered, and still have time for orders. */
const MOST_IN_ONE = 50
/** Workloads end with it, each in its own time. */
const STOP_TIMEOUT_MS = 60_000

type Starting = { signal: AbortSignal; onStarted(count: number): void }

/**
 * Resolves once they run, many only once they are quiet.
 *
 * @param onStarted told how many run by now
 */
export async function startCrowd(start: Omit<CrowdStart, 'before' | 'known'>, options: Starting): Promise<Crowd> {
  const { operatorKeys } = start
  const { signal, onStarted } = options
  const parts: Crowd[] = []
  const stop = async () => void (await Promise.all(parts.map((part) => part.stop())))
  try {
    for (let before = 0; before < operatorKeys.length; before += MOST_IN_ONE) {
      const part = { ...start, operatorKeys: operatorKeys.slice(before, before + MOST_IN_ONE), before }
      const known = parts.flatMap(({ addresses }) => addresses)
      parts.push(await startPart({ ...part, known }, { signal, onStarted: (count) => onStarted(before + count) }))
    }
    if (operatorKeys.length >= MANY) await sleep(QUIET_MS, undefined, { signal })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    addresses: parts.flatMap(({ addresses }) => addresses),
    read: async () => (await Promise.all(parts.map((part) => part.read()))).reduce(added),
    stop,
  }
}

function added(left: CrowdReading, right: CrowdReading): CrowdReading {
  const sum = (key: Exclude<keyof CrowdReading, 'moment' | 'warnings'>) => left[key] + right[key]
  const words = new Set([...Object.keys(left.warnings), ...Object.keys(right.warnings)])
  const { at, own, children } = left.moment
  return {
    moment: { at, own: own + right.moment.own, children: children + right.moment.children },
    memoryBytes: sum('memoryBytes'),
    leases: sum('leases'),
    receivedBytes: sum('receivedBytes'),
    sentBytes: sum('sentBytes'),
    heardOrders: sum('heardOrders'),
    heardAnnouncements: sum('heardAnnouncements'),
    rpcCalls: sum('rpcCalls'),
    warnings: Object.fromEntries(
      [...words].map((one) => [one, (left.warnings[one] ?? 0) + (right.warnings[one] ?? 0)]),
    ),
  }
}

async function startPart(start: CrowdStart, { signal, onStarted }: Starting): Promise<Crowd> {
  const child = fork(join(import.meta.dirname, 'crowd.ts'), {
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const stop = () => stopped(child)
  try {
    child.on('message', (message: FromCrowd) => 'started' in message && onStarted(message.started))
    child.send(start)
    const { addresses } = await told(child, 'addresses', { signal, timeoutMs: START_TIMEOUT_MS })
    return {
      addresses,
      async read() {
        const reading = told(child, 'reading', { signal, timeoutMs: READ_TIMEOUT_MS })
        child.send('read')
        return (await reading).reading
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type Told<Key> = Extract<FromCrowd, Key extends string ? Record<Key, unknown> : never>

/** The next message of that kind. Two may come at the same moment: none is missed between one and the next. */
async function told<Key extends 'addresses' | 'reading'>(
  child: ChildProcess,
  key: Key,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<Told<Key>> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  for await (const [message] of on(child, 'message', { signal: within, close: ['exit'] })) {
    if (key in message) return message
  }
  throw new Error('the process with the providers ended')
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const killing = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(killing)
}
