import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CrowdReading, CrowdStart, FromCrowd } from './crowd.ts'

/** Providers that run in a process of their own. */
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
/** Workloads end with it, each in its own time. */
const STOP_TIMEOUT_MS = 60_000

/**
 * Resolves once they run, many only once they are quiet.
 *
 * @param onStarted told how many run by now
 */
export async function startCrowd(
  start: CrowdStart,
  { signal, onStarted }: { signal: AbortSignal; onStarted(count: number): void },
): Promise<Crowd> {
  const child = fork(join(import.meta.dirname, 'crowd.ts'), {
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const stop = () => stopped(child)
  try {
    child.on('message', (message: FromCrowd) => 'started' in message && onStarted(message.started))
    child.send(start)
    const { addresses } = await told(child, 'addresses', { signal, timeoutMs: START_TIMEOUT_MS })
    if (start.operatorKeys.length >= MANY) await sleep(QUIET_MS, undefined, { signal })
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
