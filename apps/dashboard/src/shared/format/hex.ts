/**
 * A hash or an address as people compare them: its beginning and its end.
 *
 * @example
 * shortHex('0x52908400098527886E0F7030069857D2E4169EE7') // '0x5290…9EE7'
 */
export function shortHex(value: string): string {
  return value.length <= 13 ? value : `${value.slice(0, 6)}…${value.slice(-4)}`
}
