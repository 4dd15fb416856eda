/**
 * Everything that must hold before a change is taken: style, types, layers, lock file, generated files, contracts, packages.
 * Runs all of it, also after a failure; ends with the line `N passed, N failed`, and with 1 if anything failed or a runner
 * ran no test.
 *
 *   npm test
 *   npm test -- --only checks | contracts | generated | packages | browser
 *   npm test -- --root DIR         another tree laid out like this one (how this tool is tested)
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runCheck, runForge, runVitest, type Step, type Tally } from './runners.ts'

/** The steps of each part, in order; what fails soonest comes first. */
function parts(root: string): Readonly<Record<string, readonly Step[]>> {
  const check = (name: string, command: string, ...args: string[]): Step => ({
    name,
    run: () => runCheck(root, command, args),
  })
  const tool = (name: string, ...args: string[]) =>
    [process.execPath, join(import.meta.dirname, name), ...args] as const
  return {
    checks: [
      check('lint and format', 'biome', 'check', '--error-on-warnings', '.'),
      check('types', 'tsc', '--noEmit', '-p', '.'),
      check('types of the page', 'tsc', '--noEmit', '-p', 'apps/dashboard'),
      check('layers', ...tool('layers.ts')),
      check('lock file', ...tool('lockcheck.mjs')),
      check('known vulnerabilities', ...tool('audit.ts')),
      check('static analysis of the contracts', ...tool('analyse.ts')),
    ],
    contracts: [{ name: 'contracts', run: () => runForge(root) }],
    generated: [
      check('generated ABIs are current', ...tool('abi.ts', '--check')),
      check('bytecode is the committed one', ...tool('bytecode.ts')),
      check('generated dashboards are current', ...tool('grafana.ts', '--check')),
    ],
    packages: [{ name: 'packages', run: () => runVitest(root, 'packages*') }],
    browser: [{ name: 'browser', run: () => runVitest(root, 'browser') }],
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, root: { type: 'string' } } })
  const all = parts(resolve(values.root ?? join(import.meta.dirname, '..')))
  const chosen = values.only === undefined ? Object.values(all) : [all[values.only]]
  const steps = chosen.flatMap((part) => part ?? [])
  if (steps.length === 0) {
    console.error(`--only takes one of: ${Object.keys(all).join(', ')}`)
    process.exitCode = 2
    return
  }
  const tallies: Tally[] = []
  for (const { name, run } of steps) {
    console.log(`\n── ${name}`)
    const startedMs = performance.now()
    const tally = await run()
    tallies.push(tally)
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
    const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''
    console.log(`── ${name}: ${tally.passed} passed, ${tally.failed} failed${skipped} in ${seconds} s`)
  }
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
}

await main()
