import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import { cancelled } from './cli/cancelled.ts'
import { runCli } from './cli/runCli.ts'
import type { Terminal } from './command.ts'
import { commands } from './commands.ts'
import { resolveHome } from './home/home.ts'

// A third of a command's start is compiling the same modules again. Below the home, where nobody else may write.
const home = resolveHome(undefined, process.env)
if (existsSync(home)) enableCompileCache(join(home, 'cache'))

const controller = new AbortController()

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // Who asks twice does not want to wait for a clean end.
    if (controller.signal.aborted) process.exit(128 + constants.signals[name])
    controller.abort(cancelled('interrupted'))
  })
}

// Whoever reads along may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const hasConsole = process.stdin.isTTY && process.stdout.isTTY

const code = await runCli(process.argv.slice(2), commands, {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: controller.signal,
  terminal: {
    stdin: process.stdin.isTTY ?? false,
    stdout: process.stdout.isTTY ?? false,
    stderr: process.stderr.isTTY ?? false,
    columns: process.stderr.columns || 80,
  },
  console: hasConsole ? ownConsole() : undefined,
})
// Kept-alive connections would hold the process for a while.
process.exit(code)

function ownConsole(): Terminal {
  const { stdin, stdout } = process
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    setRaw: (raw) => void stdin.setRawMode(raw),
    onResize(listener) {
      stdout.on('resize', listener)
      return () => void stdout.off('resize', listener)
    },
  }
}
