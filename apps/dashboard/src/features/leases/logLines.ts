import type { LogLine } from '@tender/network/browser'

/** Most lines that the page keeps; older ones go. */
export const MAX_LINES = 5_000

/** A line with a number of its own, for lists. */
export type NumberedLine = LogLine & { id: number }

/** Joins what came after a break to what is there: lines that came before come again. */
export function joinLines(known: readonly NumberedLine[], arrived: readonly LogLine[]): NumberedLine[] {
  const seen = new Map<string, number>()
  for (const line of known) seen.set(keyOf(line), (seen.get(keyOf(line)) ?? 0) + 1)
  let id = (known.at(-1)?.id ?? 0) + 1
  const fresh = arrived.flatMap((line) => {
    const left = seen.get(keyOf(line)) ?? 0
    if (left > 0) seen.set(keyOf(line), left - 1)
    return left > 0 ? [] : [{ ...line, id: id++ }]
  })
  return [...known, ...fresh].slice(-MAX_LINES)
}

function keyOf({ atMs, stream, service, text }: LogLine): string {
  return `${atMs}\n${stream}\n${service}\n${text}`
}

/** Adds lines that are new for certain. */
export function addLines(known: readonly NumberedLine[], arrived: readonly LogLine[]): NumberedLine[] {
  let id = (known.at(-1)?.id ?? 0) + 1
  return [...known, ...arrived.map((line) => ({ ...line, id: id++ }))].slice(-MAX_LINES)
}

export type LogFilter = { search: string; service: string }

/** Lines that hold what is searched for, in any case, of one service or of all (`''`). */
export function filterLines(lines: readonly NumberedLine[], { search, service }: LogFilter): NumberedLine[] {
  const wanted = search.toLowerCase()
  return lines.filter(
    (line) =>
      (service === '' || line.service === service) && (wanted === '' || line.text.toLowerCase().includes(wanted)),
  )
}

/** A log as a file: a line each, with its time, service and stream. Colours are taken out. */
export function logFile(lines: readonly LogLine[]): string {
  return lines
    .map(
      ({ atMs, service, stream, text }) => `${new Date(atMs).toISOString()} ${service} ${stream} ${plainText(text)}\n`,
    )
    .join('')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of terminals begin with one
const colours = /\u001b\[[0-9;]*[A-Za-z]/g

/** A line without the colours of terminals. */
export function plainText(text: string): string {
  return text.replace(colours, '')
}
