import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { contractsDir, forgeBinary, forgeEnv } from '../../forge.ts'
import { runProcess } from '../runProcess.ts'

/** Where the switched contracts lie, laid out like `contracts/`; what forge builds there is kept. */
export const workDir = join(contractsDir, '../.mutation/contracts')

/** More work than any group of tests is. */
const TEST_CPU_SECONDS = 600

/** Which tests are run first on a change to a file, by how its path begins. */
const nearest: readonly (readonly [prefix: string, tests: string])[] = [
  ['src/CapacityRegistry', 'CapacityRegistry.t.sol'],
  ['src/EraReports', 'EraReports/*'],
  ['src/reports/', 'EraReports/*'],
  ['src/Jobs', 'Jobs/*'],
  ['src/jobs/', 'Jobs/*'],
  ['src/LeaseEscrow', 'LeaseEscrow/*'],
  ['src/escrow/', 'LeaseEscrow/*'],
  ['src/OrderBook', 'OrderBook/*'],
  ['src/orderbook/', 'OrderBook/*'],
  ['src/ProviderRegistry', 'ProviderRegistry.t.sol'],
  ['src/Rewards', 'Rewards/*'],
  ['src/StakeToken', 'StakeToken.t.sol'],
  ['src/Staking', 'Staking{.t.sol,/*}'],
  ['src/LeaseId', 'LeaseEscrow/*'],
  ['src/Money', 'LeaseEscrow/*'],
  ['src/', '{Messages,OrderBook}/*'],
]

/** Gas changes by the switches alone, and the market's invariants take minutes. */
const never = ['**/Gas.t.sol', 'invariants/*', 'EraReports/Invariants.t.sol']

/** Tests that run together: those of a pattern, without those of others. */
export type TestGroup = { path: string; not: string }

/** The groups of tests a mutant has to pass to survive: its contract's own first, then what touches the contract from afar. */
export function testsOf(file: string): TestGroup[] {
  const path = file.replace(/^contracts\//, '')
  const own = nearest.find(([prefix]) => path.startsWith(prefix))?.[1]
  const without = (...patterns: string[]) => `test/{${[...never, ...patterns].join()}}`
  const others = { path: 'test/**/*.t.sol', not: without(...(own ? [own] : [])) }
  return own ? [{ path: `test/${own}`, not: without() }, others] : [others]
}

/** Lays out the switched contracts; what has not changed is left as it is, so that forge need not build it again. */
export function layOut(switched: ReadonlyMap<string, string>): void {
  mkdirSync(join(workDir, 'lib'), { recursive: true })
  for (const [link, target] of [
    [join(workDir, '../node_modules'), join(contractsDir, '../node_modules')],
    [join(workDir, 'lib/@openzeppelin'), join(contractsDir, '../node_modules/@openzeppelin')],
  ] as const) {
    if (!existsSync(link)) symlinkSync(target, link)
  }
  const tests = globSync('test/**/*.sol', { cwd: contractsDir })
  const wanted = new Map(tests.map((file) => [file, readTest(file)]))
  for (const [file, text] of switched) wanted.set(file, text)
  for (const [file, text] of wanted) writeIfNew(join(workDir, file), text)
  for (const file of globSync('{src,test}/**/*.sol', { cwd: workDir })) {
    if (!wanted.has(file)) rmSync(join(workDir, file))
  }
  cpSync(join(contractsDir, 'package.json'), join(workDir, 'package.json'))
  cpSync(join(import.meta.dirname, 'rememberingSolc.mjs'), join(workDir, 'solc.mjs'))
  writeIfNew(join(workDir, 'foundry.toml'), quickConfig(readFileSync(join(contractsDir, 'foundry.toml'), 'utf8')))
}

/** A test that asks a library which is now a view is a view itself; a token that overrides a pure function stays what it is. */
function readTest(file: string): string {
  const text = readFileSync(join(contractsDir, file), 'utf8')
  return text.replace(/\bpure\b(?! override)/g, 'view')
}

function writeIfNew(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Compiled with the least optimisation that still fits the stack, since switches make the code many times larger. */
function quickConfig(config: string): string {
  return config
    .replace(
      '[fuzz]',
      `code_size_limit = 4_000_000\nignored_error_codes = [2018, 5574, 3860]\n\n${leastOptimised}\n[fuzz]`,
    )
    .replace(/^runs = 256$/m, 'runs = 32')
    .replace(/^runs = 64$/m, 'runs = 4')
}

const leastOptimised = `[profile.default.optimizer_details]
peephole = true
inliner = false
jumpdestRemover = true
orderLiterals = true
deduplicate = false
cse = false
constantOptimizer = false
yul = true

[profile.default.optimizer_details.yulDetails]
stackAllocation = true
optimizerSteps = ""
`

export type TestOutcome = { passed: boolean; timedOut: boolean; failed?: string; says: string }

async function forge(
  args: readonly string[],
  number: number,
  signal: AbortSignal,
  cpuSeconds?: number,
): Promise<TestOutcome> {
  const env = { ...forgeEnv(), FOUNDRY_BLOCK_PREVRANDAO: `0x${number.toString(16).padStart(64, '0')}` }
  const options = { cwd: workDir, env, signal, ...(cpuSeconds === undefined ? {} : { cpuSeconds }) }
  const { code, says, timedOut } = await runProcess(forgeBinary(), args, options)
  const failed = /\[FAIL[^\n]*\]\s+(\w+)/.exec(says)?.[1]
  return { passed: code === 0, timedOut, says, ...(failed ? { failed } : {}) }
}

/** Compiles everything: of what was compiled only in part, forge would compile the rest before every test. @throws {Error} */
export function build(signal: AbortSignal): Promise<void> {
  return runPlain(['build'], signal)
}

/** Runs a group of tests without a mutant. @throws {Error} if they do not pass */
export function testPlain(tests: TestGroup, signal: AbortSignal): Promise<void> {
  return runPlain(groupArgs(tests), signal)
}

async function runPlain(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { passed, says } = await forge(args, 0, signal)
  const why = /^(Error|\[FAIL)[\s\S]*/m.exec(says)?.[0] ?? says
  if (!passed) throw new Error(`forge ${args.join(' ')} fails without a mutant:\n${why.slice(0, 4_000)}`)
}

function groupArgs({ path, not }: TestGroup): string[] {
  return ['test', '--match-path', path, '--no-match-path', not, '--fail-fast']
}

/** Runs a group of tests against the mutant of this number; 0 is no mutant. */
export function runTests(tests: TestGroup, number: number, signal: AbortSignal): Promise<TestOutcome> {
  return forge(groupArgs(tests), number, signal, TEST_CPU_SECONDS)
}
