import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { JudgedMutant } from './mutant.ts'

/** What a run found on one file. */
export type MoneyFindings = {
  mutants: JudgedMutant[]
  /** The tests that ran, from the repository's root. */
  tests: string[]
}

type Kept = MoneyFindings & { digest: string }

/**
 * What a run on a file found, for as long as the file and the tests that ran are the same, and no test was added.
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
  const digestOf = (ran: readonly string[]) => {
    const hash = createHash('sha256').update(
      globSync([...tests], { cwd: root })
        .sort()
        .join('\0'),
    )
    for (const one of [file, ...ran]) {
      hash.update(existsSync(join(root, one)) ? readFileSync(join(root, one)) : 'none')
    }
    return hash.digest('hex')
  }
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
