import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** What one runner found. `skipped` tests count neither way. */
export type Tally = { passed: number; failed: number; skipped: number }

export type Step = { name: string; run: () => Promise<Tally> }

type Ended = { code: number | null; output: string }

/** How long one runner may take, so that one that hangs leaves time for the others and for the closing line. */
const stepLimitMs = 40 * 60_000

/** Orphans of a runner may hold its output open; whatever they would still say is not waited for longer than this. */
const outputGraceMs = 2_000

/** A command that passes or fails as one. */
export async function runCheck(root: string, command: string, args: readonly string[]): Promise<Tally> {
  const { code } = await runCommand(root, command, args)
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
}

/** Forge's tests in `root/contracts`. */
export async function runForge(root: string): Promise<Tally> {
  const { forgeBinary, forgeEnv } = await import('./forge.ts')
  const ended = await runCommand(join(root, 'contracts'), forgeBinary(), ['test'], forgeEnv())
  return settle(forgeTally(ended.output), ended.code)
}

/** Counts by forge's closing line; a run that did not come so far has none. */
export function forgeTally(output: string): Tally {
  const closing = [...output.matchAll(/(\d+) tests? passed, (\d+) failed, (\d+) skipped \(\d+ total tests?\)/g)].at(-1)
  const [passed = 0, failed = 0, skipped = 0] = closing?.slice(1).map(Number) ?? []
  return { passed, failed, skipped }
}

/** The tests of vitest's projects of this name below `root`; `*` stands for anything. */
export async function runVitest(root: string, project: string): Promise<Tally> {
  const dir = mkdtempSync(join(tmpdir(), 'tender-vitest-'))
  const report = join(dir, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const ended = await runCommand(root, 'vitest', [
      'run',
      '--project',
      project,
      '--passWithNoTests=false',
      ...reporters,
    ])
    return settle(vitestTally(readReport(report)), ended.code)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

type VitestReport = { testResults: { status: string; assertionResults: { status: string }[] }[] }

/** Counts tests, and as one failed test each file that failed before its first. */
export function vitestTally(report: VitestReport): Tally {
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const count = (wanted: string) => tests.filter(({ status }) => status === wanted).length
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
  )
  const [passed, failed] = [count('passed'), count('failed')]
  return { passed, failed: failed + broken.length, skipped: tests.length - passed - failed }
}

function readReport(file: string): VitestReport {
  try {
    // CAST: vitest's own report; the step fails if it is not there.
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport
  } catch {
    return { testResults: [] }
  }
}

/** A runner that ran nothing, or that failed without a failed test, counts as one failed test. */
export function settle(tally: Tally, code: number | null): Tally {
  const silent = tally.failed === 0 && (code !== 0 || tally.passed === 0)
  return silent ? { ...tally, failed: 1 } : tally
}

/** Runs a command in a process group of its own, shows what it says, and ends the group with it. */
async function runCommand(
  cwd: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const path = [join(import.meta.dirname, '../node_modules/.bin'), dirname(process.execPath), env.PATH].join(delimiter)
  const child = spawn(command, args, {
    cwd,
    env: { ...env, PATH: path, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    process.stdout.write(chunk)
  })
  child.stderr.pipe(process.stderr, { end: false })

  const killGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Nobody of the group is left.
    }
  }
  const interrupted = (signal: NodeJS.Signals) => {
    killGroup()
    process.kill(process.pid, signal)
  }
  const limit = setTimeout(() => {
    console.error(`${command} did not end within ${stepLimitMs / 60_000} minutes`)
    killGroup()
  }, stepLimitMs)
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    const closed = once(child, 'close')
    const [code] = await once(child, 'exit')
    await Promise.race([closed, delay(outputGraceMs, undefined, { ref: false })])
    return { code, output }
  } catch (error) {
    console.error(error)
    return { code: null, output }
  } finally {
    clearTimeout(limit)
    killGroup()
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
  }
}
