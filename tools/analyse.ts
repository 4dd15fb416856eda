/**
 * Static analysis of the contracts: forge's lints, and constructs that are forbidden or watched. Every finding is accepted with a reason
 * in tools/acceptedFindings.ts, or makes this exit with 1; so does an acceptance that nothing needs.
 *
 *   npm run analyse
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AcceptedFindings, acceptedFindings, forbiddenConstructs, watchedConstructs } from './acceptedFindings.ts'
import { contractsDir, forgeBinary, forgeEnv } from './forge.ts'

/** Seconds of work; a busy machine takes longer. */
const LINT_TIMEOUT_MS = 300_000

/** One place in the contracts; `file` is relative to `contracts/src`, the first line is 1. */
export type Finding = { rule: string; file: string; line: number; says: string }

type Sources = ReadonlyMap<string, string>

type Diagnostic = {
  message: string
  code: { code: string } | null
  spans: readonly { file_name: string; line_start: number }[]
}

function readSources(): Sources {
  const directory = join(contractsDir, 'src')
  const files = globSync('**/*.sol', { cwd: directory }).sort()
  return new Map(files.map((file) => [file, readFileSync(join(directory, file), 'utf8')]))
}

/** What forge's linter says, one finding each. @throws {Error} if it did not run */
function lint(): Finding[] {
  // Folders of its own: what it leaves in those of the compiler would make the next build start from nothing.
  const folder = mkdtempSync(join(tmpdir(), 'tender-lint-'))
  const env = { ...forgeEnv(), FOUNDRY_OUT: join(folder, 'out'), FOUNDRY_CACHE_PATH: join(folder, 'cache') }
  const options = { cwd: contractsDir, env, encoding: 'utf8', timeout: LINT_TIMEOUT_MS } as const
  const { status, stderr, error } = spawnSync(forgeBinary(), ['lint', 'src', '--json'], options)
  rmSync(folder, { recursive: true, force: true })
  if (error || status !== 0) throw new Error(`forge lint ended with ${status}: ${error?.message ?? stderr}`)
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => {
      // CAST: forge's own output
      const { message, code, spans } = JSON.parse(line) as Diagnostic
      return spans.map(({ file_name, line_start }) => {
        const file = file_name.replace(/^src\//, '')
        return { rule: code?.code ?? 'forge', file, line: line_start, says: message }
      })
    })
}

/** A source without its comments and texts, line for line. */
function codeOf(source: string): string {
  return source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"[^"\n]*"/g, (text) => text.replace(/[^\n]/g, ' '))
}

/** Where forbidden and watched constructs stand. */
export function findConstructs(sources: Sources): Finding[] {
  const rules = [...Object.entries(forbiddenConstructs), ...Object.entries(watchedConstructs)]
  return [...sources].flatMap(([file, source]) =>
    codeOf(source)
      .split('\n')
      .flatMap((code, index) =>
        rules
          .filter(([, pattern]) => pattern.test(code))
          .map(([rule]) => ({ rule, file, line: index + 1, says: code.trim() })),
      ),
  )
}

/** True if the line, or the one above it, has a comment that says why. */
function isExplained({ file, line }: Finding, sources: Sources): boolean {
  const lines = sources.get(file)?.split('\n') ?? []
  return /\/\/ \S/.test(lines[line - 1] ?? '') || /^\s*(\/\/|\*|\/\/\/) \S/.test(lines[line - 2] ?? '')
}

/**
 * What is not accepted, and what is accepted but not there, one line each.
 *
 * @example
 * judgeFindings([{ rule: 'tx.origin', file: 'Staking.sol', line: 3, says: '…' }], [], sources)
 * // ['Staking.sol:3 tx.origin: …']
 */
export function judgeFindings(
  findings: readonly Finding[],
  accepted: readonly AcceptedFindings[],
  sources: Sources,
): string[] {
  const shown = ({ rule, file, line, says }: Finding) => `${file}:${line} ${rule}: ${says}`
  const known = new Set(accepted.map(({ rule }) => rule))
  const unknown = findings.filter(({ rule }) => !known.has(rule)).map(shown)
  return [...unknown, ...accepted.flatMap((one) => judgeRule(one, findings, sources, shown))]
}

function judgeRule(
  { rule, said, where }: AcceptedFindings,
  findings: readonly Finding[],
  sources: Sources,
  shown: (finding: Finding) => string,
): string[] {
  const found = findings.filter((finding) => finding.rule === rule)
  if (found.length === 0) return [`${rule} is accepted, but nothing is found any more`]
  const counted = found.filter((finding) => !said || !isExplained(finding, sources))
  const files = [...new Set([...Object.keys(where), ...counted.map(({ file }) => file)])]
  return files.flatMap((file) => {
    const here = counted.filter((finding) => finding.file === file)
    const wanted = where[file] ?? 0
    if (here.length === wanted) return []
    return [`${rule}: ${file} has ${here.length}, ${wanted} are accepted`, ...here.map((one) => `  ${shown(one)}`)]
  })
}

function main(): void {
  const sources = readSources()
  const findings = [...lint(), ...findConstructs(sources)]
  const wrong = judgeFindings(findings, acceptedFindings, sources)
  for (const line of wrong) console.error(line)
  console.log(`${findings.length} findings in ${sources.size} files, ${wrong.length} not accepted`)
  if (wrong.length > 0) process.exitCode = 1
}

if (import.meta.main) main()
