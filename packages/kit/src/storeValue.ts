/** Marks a big integer within JSON: `{"$bigint":"20000"}`. */
const bigintKey = '$bigint'

/** JSON text of a value that may hold `bigint`. */
export function encodeValue(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner) =>
    typeof inner === 'bigint' ? { [bigintKey]: inner.toString() } : inner,
  )
  if (text === undefined) throw new TypeError('undefined and functions cannot be stored')
  return text
}

/** The value that {@link encodeValue} wrote; `undefined` for text that it did not write. */
export function decodeValue(text: string): unknown {
  try {
    return JSON.parse(text, (_key, inner) => (isBigint(inner) ? BigInt(inner[bigintKey]) : inner))
  } catch {
    return undefined
  }
}

function isBigint(value: unknown): value is { [bigintKey]: string } {
  if (typeof value !== 'object' || value === null || !(bigintKey in value)) return false
  return typeof value[bigintKey] === 'string' && Object.keys(value).length === 1
}
