import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TenantEntry } from '../history.ts'
import { saidIn } from '../said.ts'

export type RunCommandOptions = {
  spawn(options: SpawnOptions): ChildProcess
  env: Readonly<Record<string, string>>
  /** SIGKILL after so long. */
  cutAfterMs?: number | undefined
  /** Ctrl-C after so long, and SIGKILL if that does not end it. */
  patienceMs: number
  signal: AbortSignal
}

/** How long a command may take to end after Ctrl-C. */
const GRACE_MS = 10_000

/** Runs a command to its end, whatever ends it. @returns what it ended with and what it told */
export async function runCommand(options: RunCommandOptions): Promise<Pick<TenantEntry, 'code' | 'told' | 'error'>> {
  const child = options.spawn({ env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new AbortController()
  const after = (ms: number, signal: NodeJS.Signals) =>
    void sleep(ms, undefined, { signal: ended.signal }).then(
      () => child.kill(signal),
      () => {},
    )
  const interrupt = () => {
    child.kill('SIGINT')
    after(GRACE_MS, 'SIGKILL')
  }
  const kill = () => void child.kill('SIGKILL')
  options.signal.addEventListener('abort', kill, { once: true })
  if (options.signal.aborted) kill()
  if (options.cutAfterMs !== undefined) after(options.cutAfterMs, 'SIGKILL')
  void sleep(options.patienceMs, undefined, { signal: ended.signal }).then(interrupt, () => {})
  try {
    const [code] = await once(child, 'close')
    if (code === 0) return { code, told: saidIn(stdout) }
    return { code, ...(stdout !== '' && { told: saidIn(stdout) }), error: saidIn(stderr) }
  } finally {
    ended.abort()
    options.signal.removeEventListener('abort', kill)
  }
}
