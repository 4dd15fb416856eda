import { styleText } from 'node:util'
import type { AcceptedMutant } from './acceptedMutants.ts'
import { type JudgedMutant, mutantKey, oneLine } from './mutant.ts'

/** How many mutants of a file became what. */
export type FileScore = {
  file: string
  killed: number
  timeout: number
  survived: number
  accepted: number
  equivalent: number
}

/** Of the mutants that are other programs, those that a test noticed, in per cent; a mutant that never ended was noticed. */
export function scoreOf({ killed, timeout, survived, accepted }: Omit<FileScore, 'file'>): number {
  const noticed = killed + timeout
  const all = noticed + survived + accepted
  return all === 0 ? 100 : (100 * noticed) / all
}

/** Survivors that nobody accepted, and acceptances that no survivor needs, for the files that were run. */
export type Verdict = {
  scores: readonly FileScore[]
  total: FileScore
  open: readonly JudgedMutant[]
  unneeded: readonly { file: string; mutant: string }[]
}

/**
 * Weighs what a run found against the survivors that were accepted.
 *
 * @param whole the files of which every mutant was judged: only there an acceptance can be said to be unneeded
 */
export function weigh(
  judged: readonly JudgedMutant[],
  accepted: readonly AcceptedMutant[],
  whole: ReadonlySet<string> = new Set(judged.map(({ file }) => file)),
): Verdict {
  const left = accepted.flatMap(({ file, mutants }) => mutants.map((mutant) => ({ file, mutant })))
  const survivors = judged.filter(({ status }) => status === 'survived')
  // Each acceptance is for one: where the same change survives twice, the second is told.
  const covered = survivors.filter((survivor) => {
    const at = left.findIndex(({ file, mutant }) => `${file} ${mutant}` === mutantKey(survivor))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
  const isAccepted = (mutant: JudgedMutant) => covered.includes(mutant)
  const files = Map.groupBy(judged, ({ file }) => file)
  const scores = [...files].map(([file, mutants]) => countOf(file, mutants, isAccepted))
  const unneeded = left.filter(({ file }) => whole.has(file))
  return {
    scores,
    total: countOf('all', judged, isAccepted),
    open: survivors.filter((mutant) => !isAccepted(mutant)),
    unneeded,
  }
}

function countOf(
  file: string,
  mutants: readonly JudgedMutant[],
  isAccepted: (mutant: JudgedMutant) => boolean,
): FileScore {
  const count = (status: JudgedMutant['status']) => mutants.filter((mutant) => mutant.status === status).length
  const accepted = mutants.filter(isAccepted).length
  return {
    file,
    killed: count('killed'),
    timeout: count('timeout'),
    survived: count('survived') - accepted,
    accepted,
    equivalent: count('equivalent'),
  }
}

const columns = ['killed', 'timeout', 'survived', 'accepted', 'equivalent'] as const

/** The verdict as a table, then every survivor with its place and change. */
export function reportText({ scores, total, open, unneeded }: Verdict): string {
  const rows = [...scores, total]
  const width = Math.max(...rows.map(({ file }) => file.length))
  const head = `${'file'.padEnd(width)}  ${columns.map((name) => name.padStart(10)).join('')}     score`
  const lines = rows.map(
    (row) =>
      `${row.file.padEnd(width)}  ${columns.map((name) => String(row[name]).padStart(10)).join('')}  ${scoreOf(row).toFixed(1).padStart(6)} %`,
  )
  const survivors = open.map(
    ({ file, line, column, operator, before, after }) =>
      `${file}:${line}:${column} ${operator}\n  ${styleText('red', `- ${oneLine(before)}`)}\n  ${styleText('green', `+ ${oneLine(after)}`)}`,
  )
  const needless = unneeded.map(({ file, mutant }) => `${file} ${mutant} is accepted, but does not survive`)
  return [head, ...lines, '', ...survivors, ...needless].join('\n')
}
