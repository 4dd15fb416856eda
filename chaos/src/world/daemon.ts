import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { saidIn } from '../said.ts'
import type { Host } from './network.ts'
import type { StartHow, WorldProcess } from './world.ts'

/** The command line, as `npm run tender` has it. */
export const TENDER = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url))

/** What an operator's service manager waits before it starts again what ended by itself. */
const RESTART_MS = 1_000
/** A busy machine starts slowly; what takes longer does not come up. */
const READY_MS = 300_000
/** What is kept of what it wrote, for when it ends. */
const MOST_WORDS = 16_000

export type DaemonOptions = Pick<
  WorldProcess,
  'name' | 'kind' | 'stateDir' | 'logFile' | 'peer' | 'rpc' | 'account'
> & {
  host: Host
  /** Words after `tender`. With `--json` it prints a line once it runs. */
  command: readonly string[]
  /** `TENDER_HOME`. */
  home: string
  /** Who waits for a start stops waiting. */
  signal: AbortSignal
}

/** A process that ended by itself. */
export type Ending = {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Its exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | null
  /** What it said at last. */
  readonly said: unknown
}

export type Daemon = WorldProcess & {
  /** Started, and not killed since. */
  readonly wanted: boolean
  /** Each time that it ended although nobody killed it. */
  readonly endings: readonly Ending[]
  /** Kills it for good, with what it started itself. */
  close(): Promise<void>
}

/** A `tender` command that is started again when it ends by itself, as a service manager does it. */
export function createDaemon(options: DaemonOptions): Daemon {
  const { name, kind, stateDir, logFile, peer, rpc, account, host } = options
  const log = createWriteStream(logFile, { flags: 'a' })
  const closing = new AbortController()
  const groups = new Set<number>()
  let how: StartHow = {}
  let wanted = false
  const endings: Ending[] = []
  let child: ChildProcess | undefined
  let ready = Promise.withResolvers<void>()

  function spawnIt(): void {
    const imports = (how.imports ?? []).flatMap((file) => ['--import', file])
    const env = { ...process.env, ...how.env, TENDER_HOME: options.home }
    const args = [...imports, TENDER, ...options.command]
    const spawned = host.spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    child = spawned
    if (spawned.pid !== undefined) groups.add(spawned.pid)
    spawned.on('error', (error) => log.write(`${error}\n`))
    spawned.stderr?.pipe(log, { end: false })
    spawned.stdout?.pipe(log, { end: false })
    if (spawned.stdout) createInterface({ input: spawned.stdout }).once('line', () => ready.resolve())
    let words = ''
    spawned.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-MOST_WORDS)
    })
    spawned.once('exit', (code, endedBy) => {
      if (child !== spawned) return
      child = undefined
      if (!wanted) return
      endings.push({
        at: Date.now(),
        code: code ?? endedBy,
        // What it wrote at last is still read after its end.
        get said() {
          return saidIn(words)
        },
      })
      log.write(`{"chaos":"it ended by itself and is started again"}\n`)
      void sleep(RESTART_MS, undefined, { signal: closing.signal }).then(
        () => wanted && !child && spawnIt(),
        () => {},
      )
    })
  }

  async function kill(): Promise<void> {
    wanted = false
    // Who waits for a start that was cut short need not wait on.
    ready.resolve()
    const killed = child
    if (!killed || killed.exitCode !== null || killed.signalCode !== null) return
    const gone = once(killed, 'exit')
    killed.kill('SIGKILL')
    await gone
    child = undefined
  }

  return {
    name,
    kind,
    stateDir,
    logFile,
    peer,
    rpc,
    account,
    namespace: host.namespace,
    address: host.address,
    get pid() {
      return child?.pid
    },
    get wanted() {
      return wanted
    },
    endings,
    kill,
    async start(asked = {}) {
      if (!wanted) {
        how = asked
        wanted = true
        ready = Promise.withResolvers()
        spawnIt()
      }
      const late = new AbortController()
      const deadline = sleep(READY_MS, 'late', {
        signal: AbortSignal.any([late.signal, closing.signal, options.signal]),
      })
      deadline.catch(() => {}) // of a start that is over
      const first = await Promise.race([ready.promise, deadline]).finally(() => late.abort())
      if (first === 'late') throw new Error(`${name} does not come up within ${READY_MS / 1_000} s: see ${logFile}`)
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async close() {
      closing.abort()
      await kill()
      for (const group of groups) killGroup(group)
      log.end()
    },
  }
}

/** What a process started stays in its group, whoever is gone. */
function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
