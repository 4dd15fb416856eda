/** How an argument of an event is shown. */
export type ArgumentKind = 'provider' | 'lease' | 'era' | 'asset' | 'stake' | 'time' | 'hex' | 'nested' | 'plain'

const times: ReadonlySet<string> = new Set([
  'start',
  'end',
  'latestEnd',
  'closedAt',
  'settledUntil',
  'coveredUntil',
  'effectiveAt',
  'availableAt',
  'validUntil',
  'expiry',
  'auctionEnd',
])

/** Arguments that are stake tokens in whichever event they stand. */
const stakes: ReadonlySet<string> = new Set(['taken', 'slashed', 'bond'])

/** What an argument is, by its name and its shape. A name alone proves nothing: what does not look like it is shown as it is. */
export function argumentKind(name: string, value: unknown): ArgumentKind {
  if (typeof value === 'object' && value !== null) return 'nested'
  const text = String(value)
  const number = /^\d+$/.test(text)
  if (name === 'provider' && number && text !== '0') return 'provider'
  if (name === 'lease' && /^0x[0-9a-f]{64}$/i.test(text)) return 'lease'
  if (name === 'era' && number && text !== '0') return 'era'
  if (name === 'asset' && /^0x[0-9a-f]{40}$/i.test(text)) return 'asset'
  if (stakes.has(name) && number) return 'stake'
  if (times.has(name) && number && Number(text) > 1_000_000_000 && Number(text) < 2 ** 40) return 'time'
  return /^0x[0-9a-f]{20,}$/i.test(text) ? 'hex' : 'plain'
}
