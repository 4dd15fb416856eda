import { spawn } from 'node:child_process'

export type Ended = {
  code: number | null
  /** The end of what it wrote, on both streams. */
  says: string
  timedOut: boolean
}

const KEPT_CHARACTERS = 200_000

/**
 * Runs a program to its end, with all that it starts: they are a group, and stopped together.
 *
 * @throws the signal's reason if it is stopped
 */
export function runProcess(
  command: string,
  args: readonly string[],
  { cwd, env, signal, timeoutMs }: { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal; timeoutMs?: number },
): Promise<Ended> {
  const until = timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const stop = () => killGroup(child.pid)
    until.addEventListener('abort', stop)
    let says = ''
    const take = (bytes: Buffer) => {
      says = (says + bytes.toString()).slice(-KEPT_CHARACTERS)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', reject)
    child.on('close', (code) => {
      until.removeEventListener('abort', stop)
      if (signal.aborted) reject(signal.reason)
      else resolve({ code, says, timedOut: until.aborted })
    })
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
