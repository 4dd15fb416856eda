/** What {@link canonicalJson} takes. Fractions are refused: two languages may print one number in two ways. */
export type CanonicalValue =
  | null
  | boolean
  | number
  | string
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue | undefined }

/**
 * One text for one value, after RFC 8785: keys sorted by UTF-16 code units, no white space. Keys without a value are left
 * out, as JSON does.
 *
 * @throws {TypeError} if a number is not a safe integer or a string is not well-formed Unicode.
 * @example
 * canonicalJson({ b: 1, a: ['x'] }) // '{"a":["x"],"b":1}'
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new TypeError(`${value} is not a safe integer`)
  if (typeof value === 'string') return quote(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value === 0 ? 0 : value)
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const parts = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const member = value[key]
      return member === undefined ? [] : [`${quote(key)}:${canonicalJson(member)}`]
    })
  return `{${parts.join(',')}}`
}

function isArray(value: object): value is readonly CanonicalValue[] {
  return Array.isArray(value)
}

function quote(text: string): string {
  // A lone surrogate has no UTF-8 form: encoders replace it, so two strings would hash alike.
  if (/[\ud800-\udfff]/u.test(text)) throw new TypeError('a string is not well-formed Unicode')
  return JSON.stringify(text)
}
