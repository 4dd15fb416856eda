import { type InputIssue, InvalidInputError } from '../errors.ts'
import { envNamePattern } from './manifest.ts'

/**
 * Reads a file of variables as Compose does: `NAME=value`, comments after `#`, an optional `export`, quotes that may span
 * lines. `$NAME` is not filled in, see `fillVariables`: between single quotes a dollar is one.
 *
 * @throws {InvalidInputError} with everything that is wrong, by line.
 * @example
 * parseEnvFile('export A=1 # one\nB="x\\ny"', '.env') // { A: '1', B: 'x\ny' }
 */
export function parseEnvFile(text: string, file: string): Record<string, string> {
  const issues: InputIssue[] = []
  const variables = new Map<string, string>()
  let rest = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
  for (let line = 1; rest !== ''; ) {
    const [entry = ''] = entryPattern.exec(rest) ?? oneLine.exec(rest) ?? []
    const read = readEntry(entry)
    if (typeof read === 'string') issues.push({ file, line, message: read })
    else if (read) variables.set(read.name, read.value)
    rest = rest.slice(entry.length)
    line += entry.split('\n').length - 1
  }
  if (issues.length > 0) throw new InvalidInputError(`${file} cannot be used`, issues, { code: 'badEnvFile' })
  return Object.fromEntries(variables)
}

const single = `'[^']*'`
const double = `"(?:[^"\\\\]|\\\\[\\s\\S])*"`
/** A variable whose value is quoted, and may span lines, with what follows on its last line. */
const entryPattern = new RegExp(
  `^[ \\t]*(?:export[ \\t]+)?[^\\s=:#]+[ \\t]*[=:][ \\t]*(?:${single}|${double})[^\\n]*(?:\\n|$)`,
)
const oneLine = /^[^\n]*(?:\n|$)/
const parts = new RegExp(
  `^[ \\t]*(?:export[ \\t]+)?(?<name>[^\\s=:#]+)[ \\t]*[=:][ \\t]*(?:(?<single>${single})|(?<double>${double}))?(?<plain>[^\\n]*)\\n?$`,
)

/** What one entry says; a text says what is wrong with it, `undefined` that there is nothing. */
function readEntry(entry: string): { name: string; value: string } | string | undefined {
  const trimmed = entry.trim()
  if (trimmed === '' || trimmed.startsWith('#')) return undefined
  const groups = parts.exec(entry)?.groups
  const name = groups?.name ?? trimmed.replace(/^export\s+/, '')
  if (!envNamePattern.test(name)) return `"${shorten(name)}" is not a variable's name`
  if (!groups) return `${name} must have a value: taking it from your own environment is not supported`
  const { single: literal, double: quoted, plain = '' } = groups
  const after = plain.replace(/(^|\s)#.*$/, '').trim()
  if (literal !== undefined || quoted !== undefined) {
    if (after !== '') return `something follows the quotes of ${name}`
    if (literal !== undefined) return { name, value: literal.slice(1, -1) }
  }
  const written = quoted?.slice(1, -1) ?? after
  if (quoted === undefined && /^['"]/.test(after)) return `the quote of ${name} is left open`
  if (/(?<!\\)(?:\\\\)*\$[\w{]/.test(written))
    return `${name} holds a variable, which is not filled in: write its value between single quotes`
  return { name, value: quoted === undefined ? written : unescaped(written) }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function unescaped(text: string): string {
  return text.replace(
    /\\([\s\S])/g,
    (all, letter: string) => escapes[letter] ?? (/["\\$`']/.test(letter) ? letter : all),
  )
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
