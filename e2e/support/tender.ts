import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url))

export type Finished = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

/** A `tender` command in a process of its own. */
export type Tender = {
  readonly process: ChildProcess
  /** The next line of standard output. Rejects if the process ends before, with what it said. */
  nextLine(): Promise<string>
  /** All that it has printed so far. */
  said(): string
  /** Resolves when it has ended. */
  readonly finished: Promise<Finished>
}

const running = new Set<ChildProcess>()

/** Kills what a test that failed left behind. */
export function killTenders(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** Where a command runs: this machine, or a part of it with a network of its own. */
export type Place = { spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess }

/** Starts `tender` as a user would, with a home of its own. */
export function startTender(home: string, args: readonly string[], place: Place = { spawn }): Tender {
  const child = place.spawn(process.execPath, [main, ...args], {
    env: { ...process.env, TENDER_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const lines: string[] = []
  let heard = Promise.withResolvers<void>()
  const { stdout: output, stderr: errors } = child
  if (!output || !errors) throw new Error('its output is not piped')
  createInterface({ input: output }).on('line', (line) => {
    stdout += `${line}\n`
    lines.push(line)
    heard.resolve()
  })
  errors.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  running.add(child)
  const finished = once(child, 'close').then(([code, signal]): Finished => {
    running.delete(child)
    return { code, signal, stdout, stderr }
  })

  return {
    process: child,
    finished,
    said: () => stdout + stderr,
    async nextLine() {
      for (;;) {
        const line = lines.shift()
        if (line !== undefined) return line
        heard = Promise.withResolvers()
        const ended = await Promise.race([heard.promise, finished])
        if (ended && lines.length === 0) throw new Error(`tender ${args[0]} ended with ${ended.code}: ${ended.stderr}`)
      }
    },
  }
}

/** The first of `count` ports in a row that nobody listens on. Below the range from which systems hand out ports. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000)
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)))
    if (free.every(Boolean)) return first
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
