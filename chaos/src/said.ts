import { z } from 'zod'

/** What is kept of words that are no JSON. */
const MOST_WORDS = 4_000
/** What is printed of them. */
const MOST_PRINTED = 400

/** What a program said at last: the JSON that it ended with, be it after other lines. Else its last words. */
export function saidIn(text: string): unknown {
  const words = text.trim()
  try {
    return JSON.parse(words.slice(words.lastIndexOf('\n{') + 1))
  } catch {
    return words.slice(-MOST_WORDS)
  }
}

/** What the command line says with `--json` when it fails. */
const failureSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

/** The same in one line, for people. */
export function inOneLine(said: unknown): string {
  const { data } = failureSchema.safeParse(said)
  if (data) return `${data.error.code}: ${data.error.message}`
  const words = typeof said === 'string' ? said : (JSON.stringify(said) ?? '')
  return words.replaceAll(/\s+/g, ' ').slice(-MOST_PRINTED) || 'without a word'
}
