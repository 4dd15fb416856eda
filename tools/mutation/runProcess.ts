import { spawn } from 'node:child_process'

export type Ended = {
  code: number | null
  /** The end of what it wrote, on both streams. */
  says: string
  /** Stopped since it worked for longer than it may. */
  timedOut: boolean
}

const KEPT_CHARACTERS = 200_000

/** Lets the processor work for so many seconds for a command, and keeps no picture of its memory when they are over. */
const limit = 'ulimit -c 0; ulimit -S -t "$0" && exec "$@"'

/**
 * Runs a program to its end, with all that it starts: they are a group, and stopped together.
 *
 * @param cpuSeconds how long the processor may work for it: on a busy machine, what is slow is not taken for what never ends
 * @throws the signal's reason if it is stopped
 */
export function runProcess(
  command: string,
  args: readonly string[],
  { cwd, env, signal, cpuSeconds }: { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal; cpuSeconds?: number },
): Promise<Ended> {
  const limited = cpuSeconds === undefined ? [] : ['sh', '-c', limit, String(cpuSeconds)]
  const [file = command, ...given] = [...limited, command, ...args]
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const child = spawn(file, given, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const stop = () => killGroup(child.pid)
    signal.addEventListener('abort', stop)
    let says = ''
    const take = (bytes: Buffer) => {
      says = (says + bytes.toString()).slice(-KEPT_CHARACTERS)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', reject)
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop)
      if (signal.aborted) reject(signal.reason)
      else resolve({ code, says, timedOut: killedBy === 'SIGXCPU' })
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
