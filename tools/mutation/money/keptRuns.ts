import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { JudgedMutant } from '../mutant.ts'

/** What a run found on one file. */
export type MoneyFindings = {
  mutants: JudgedMutant[]
  /** The tests that ran, from the repository's root. */
  tests: string[]
}

type Kept = MoneyFindings & { digest: string }

function hashOfText(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

function hashOf(path: string): string {
  return existsSync(path) ? hashOfText(readFileSync(path)) : 'none'
}

/**
 * What a run on a file found, for as long as the file and the tests that ran are the same, and no test was added. Asked for before
 * the run, which may find them changed at its end.
 *
 * @param path of the file it is kept in
 * @param tests patterns of all tests that could run
 */
export function keptRuns(
  root: string,
  path: string,
  file: string,
  tests: readonly string[],
): { read(): JudgedMutant[] | undefined; write(findings: MoneyFindings): void } {
  // As they are before the run: what is edited meanwhile was not run.
  const all = globSync([...tests], { cwd: root }).sort()
  const hashes = new Map([file, ...all].map((one) => [one, hashOf(join(root, one))]))
  const digestOf = (ran: readonly string[]) =>
    hashOfText([all.join(), ...[file, ...ran].map((one) => hashes.get(one) ?? 'none')].join('\0'))
  return {
    read() {
      if (!existsSync(path)) return
      // CAST: our own file
      const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept
      return kept.digest === digestOf(kept.tests) ? kept.mutants : undefined
    },
    write(findings) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(`${path}.new`, JSON.stringify({ ...findings, digest: digestOf(findings.tests) } satisfies Kept))
      renameSync(`${path}.new`, path)
    },
  }
}
