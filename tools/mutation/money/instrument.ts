import { Instrumenter } from '@stryker-mutator/instrumenter'
import type { Mutant } from '../mutant.ts'

/** A file with all its changes, each behind a switch, and what they are. */
export type Instrumented = {
  source: string
  mutants: (Mutant & { id: string })[]
}

const silent = () => {}
const never = () => false
const noLog = {
  isTraceEnabled: never,
  isDebugEnabled: never,
  isInfoEnabled: never,
  isWarnEnabled: never,
  isErrorEnabled: never,
  isFatalEnabled: never,
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  fatal: silent,
}

type Place = { line: number; column: number }

/**
 * Changes a file of TypeScript in every way that Stryker knows, but for its texts: what an error says is looked at where a person
 * reads it, and a test of every word would only repeat it.
 *
 * @param file from the repository's root
 */
export async function instrument(file: string, content: string): Promise<Instrumented> {
  const instrumenter = new Instrumenter(noLog)
  const options = { plugins: null, excludedMutations: ['StringLiteral'], ignorers: [] }
  const { files, mutants } = await instrumenter.instrument([{ name: file, content, mutate: true }], options)
  return {
    source: files[0]?.content ?? content,
    mutants: mutants
      .filter(({ status }) => status === undefined)
      .map(({ id, mutatorName, replacement, location: { start, end } }) => ({
        id,
        file,
        line: start.line + 1,
        column: start.column + 1,
        operator: mutatorName,
        before: textAt(content, start, end),
        after: replacement,
      })),
  }
}

/** Lines and columns from 0, the end exclusive. */
function textAt(source: string, start: Place, end: Place): string {
  const lines = source.split('\n').slice(start.line, end.line + 1)
  const last = lines.length - 1
  return lines
    .map((line, index) => line.slice(index === 0 ? start.column : 0, index === last ? end.column : undefined))
    .join('\n')
}
