import type { FailureClass } from '@tender/protocol'
import type { Translating } from './translated.ts'

export function wordsFor(
  name: string,
  _args: Readonly<Record<string, unknown>>,
  _context: Translating,
): { message: string; hint?: string; class: FailureClass } {
  return { message: name, class: 'chain' }
}
