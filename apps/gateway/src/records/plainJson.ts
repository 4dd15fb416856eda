/** JSON with big integers as decimal texts. */
export function jsonOf(value: object): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))
}

/** The same as plain values. */
export function plainOf(value: object): Record<string, unknown> {
  return JSON.parse(jsonOf(value))
}
