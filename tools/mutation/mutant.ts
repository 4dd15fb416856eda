/** What became of a changed program: a test failed on it, none did, it never ended, or it is the same program. */
export type MutantStatus = 'killed' | 'survived' | 'timeout' | 'equivalent'

/** One small change to a program that some test should notice. */
export type Mutant = {
  /** From the repository's root. */
  file: string
  /** From 1. */
  line: number
  /** From 1. */
  column: number
  /** What kind of change it is: `boundary`, `statement`, … */
  operator: string
  before: string
  after: string
}

export type JudgedMutant = Mutant & {
  status: MutantStatus
  /** The test that failed first, where that is known. */
  by?: string
}

/** One line of text, however many it took in the source. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** A mutant in words, the same as long as the code around it only moves. */
export function mutantKey({ file, operator, before, after }: Mutant): string {
  return `${file} ${operator}: ${oneLine(before)} → ${oneLine(after)}`
}
