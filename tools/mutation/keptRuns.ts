import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { JudgedMutant } from './mutant.ts'

type Kept = { digest: string; mutants: JudgedMutant[] }

/**
 * What a run found, in a file, for as long as what it was found with is the same.
 *
 * @param digest of all that the result depends on
 */
export function keptRuns(
  path: string,
  digest: string,
): { read(): JudgedMutant[] | undefined; write(mutants: JudgedMutant[]): void } {
  return {
    read() {
      if (!existsSync(path)) return
      // CAST: our own file
      const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept
      return kept.digest === digest ? kept.mutants : undefined
    },
    write(mutants) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(`${path}.new`, JSON.stringify({ digest, mutants } satisfies Kept))
      renameSync(`${path}.new`, path)
    },
  }
}
