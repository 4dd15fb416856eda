/**
 * Splits a command line into words as a POSIX shell does: single and double quotes, backslash. Nothing is expanded.
 *
 * @returns `undefined` if a quote is left open or a backslash ends the line.
 * @example
 * shellWords(`render --title "two words"`) // ['render', '--title', 'two words']
 */
export function shellWords(line: string): string[] | undefined {
  const words: string[] = []
  let rest = line.trimStart()
  while (rest !== '') {
    const match = word.exec(rest)
    if (!match) return undefined
    words.push(match[0].replace(piece, unquote))
    rest = rest.slice(match[0].length).trimStart()
  }
  return words
}

const word = /^(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+(?=\s|$)/s
const piece = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs

function unquote(_match: string, single?: string, double?: string, escaped?: string): string {
  if (single !== undefined) return single
  // Between double quotes a backslash stands for itself unless it precedes one of these.
  if (double !== undefined) return double.replace(/\\(["\\$`])/g, '$1').replace(/\\\n/g, '')
  return escaped ?? ''
}
