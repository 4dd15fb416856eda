/** The rows of a raw query: both drivers answer `{ rows }`, which drizzle's common type does not say. */
export function rowsOf(result: unknown): Record<string, unknown>[] {
  if (typeof result === 'object' && result !== null && 'rows' in result && Array.isArray(result.rows))
    return result.rows
  throw new TypeError('the database answered without rows')
}
