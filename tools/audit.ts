/**
 * Asks the registry for known vulnerabilities of what a user runs, and holds them against tools/dependencyPolicy.ts. A registry that
 * cannot be asked, or that has no such service, is told and passes: what is not known refuses nothing.
 *
 *   npm run audit
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type DependencyPolicy, dependencyPolicy, type Severity, severities } from './dependencyPolicy.ts'

const TIMEOUT_MS = 30_000

type Advisory = { title: string; url: string; severity: Severity; range: string }

/** One package that is vulnerable itself, or through those it depends on (their names). */
type Vulnerability = { name: string; via: readonly (Advisory | string)[]; nodes: readonly string[] }

/** What `npm audit --json` prints: a report, or why there is none. */
type AuditOutput = {
  vulnerabilities?: Readonly<Record<string, Vulnerability>>
  message?: string
  error?: { code?: string; summary: string }
}

export type AuditVerdict =
  /** The registry was not to be asked. */
  | { kind: 'unknown'; why: string }
  /** Nothing in `refused` is good. `told` are the others, and exceptions that hold. */
  | { kind: 'known'; refused: string[]; told: string[] }

/**
 * Holds what npm printed against the policy.
 *
 * @param today `YYYY-MM-DD`
 * @throws {Error} if it is neither a report nor word of a registry that could not be asked
 */
export function judgeAudit(printed: string, policy: DependencyPolicy, today: string): AuditVerdict {
  const { vulnerabilities, message, error } = parsed(printed)
  if (vulnerabilities) return { kind: 'known', ...judged(Object.values(vulnerabilities), policy, today) }
  // A code is npm's own trouble, such as no lock file: it asked nobody.
  if (message !== undefined && error?.code === undefined) return { kind: 'unknown', why: message }
  throw new Error(`npm audit failed: ${error?.code} ${error?.summary}`)
}

function parsed(printed: string): AuditOutput {
  try {
    // CAST: npm's own output, of which only what is there is read.
    return JSON.parse(printed) as AuditOutput
  } catch {
    throw new Error(`npm audit printed no JSON: ${printed.slice(0, 200)}`)
  }
}

function judged(vulnerable: readonly Vulnerability[], policy: DependencyPolicy, today: string) {
  const [refused, told]: [string[], string[]] = [[], []]
  for (const { name, via, nodes } of vulnerable) {
    for (const advisory of via) {
      if (typeof advisory === 'string') continue
      const { severity, title, url, range } = advisory
      const line = `${severity}: ${name} ${range}: ${title} (${url}), at ${nodes.join(', ')}`
      const exception = exceptionOf(policy, name, url)
      if (severities.indexOf(severity) < severities.indexOf(policy.refusedFrom)) told.push(line)
      else if (exception && exception.until >= today)
        told.push(`${line}; until ${exception.until}: ${exception.reason}`)
      else refused.push(exception ? `${line}; its exception ended on ${exception.until}` : line)
    }
  }
  return { refused, told }
}

function exceptionOf({ auditExceptions }: DependencyPolicy, name: string, url: string) {
  return auditExceptions.find((exception) => exception.package === name && url.endsWith(`/${exception.advisory}`))
}

function main(): void {
  const words = ['audit', '--omit=dev', '--json', '--fetch-retries=0', `--fetch-timeout=${TIMEOUT_MS / 2}`]
  const options = { cwd: join(import.meta.dirname, '..'), encoding: 'utf8', timeout: TIMEOUT_MS } as const
  const { stdout, error } = spawnSync('npm', words, options)
  if (error && !('code' in error && error.code === 'ETIMEDOUT')) throw error
  const verdict = error
    ? { kind: 'unknown' as const, why: `no answer within ${TIMEOUT_MS / 1000} s` }
    : judgeAudit(stdout, dependencyPolicy, new Date().toISOString().slice(0, 10))
  if (verdict.kind === 'unknown') {
    console.log(
      `skipped: the registry tells nothing of known vulnerabilities: ${verdict.why.replace(/https?:\S+/g, '…')}`,
    )
    return
  }
  for (const line of verdict.told) console.log(`told     ${line}`)
  for (const line of verdict.refused) console.log(`REFUSED  ${line}`)
  console.log(`${verdict.refused.length} refused, ${verdict.told.length} told`)
  if (verdict.refused.length > 0) process.exitCode = 1
}

if (import.meta.main) main()
