import type { Hex } from 'viem'

/** The kinds of lease (`uint8`). A service ends by time, a job by delivering a result. */
export const kinds = { service: 0, job: 1 } as const
export type Kind = keyof typeof kinds

/** The tiers (`uint8`), worst first: an offer's tier must be at least the order's. */
export const tiers = { interruptible: 0, standard: 1, premium: 2 } as const
export type Tier = keyof typeof tiers

/** How an order's replicas are spread (`uint8`). */
export const spreads = { none: 0, distinctProviders: 1, distinctCountries: 2 } as const
export type Spread = keyof typeof spreads

/** What a session's agent may do (bits of a `uint8`). No scope moves money. */
export const sessionScopes = { streams: 1, manifest: 2, logs: 4, exec: 8 } as const
export type SessionScope = keyof typeof sessionScopes

/** A provider's statuses in the registry (`uint8`); none: there is no such provider. */
export const providerStatuses = { none: 0, active: 1, draining: 2, paused: 3, banned: 4 } as const
export type ProviderStatus = keyof typeof providerStatuses

/** Trust levels run from 1 (best) to 5 (probation), where everyone starts. */
export const BEST_LEVEL = 1
export const WORST_LEVEL = 5

/** Most replicas of one order: the match is one transaction and has to fit a block. */
export const MAX_REPLICAS = 32

/** Most countries an order may list: the list is calldata of the match. */
export const MAX_COUNTRIES = 32

/** Longest life of a bid after its auction's end; the OrderBook's `MAX_BID_LIFE`. */
export const MAX_BID_LIFE_SECONDS = 86_400

/** Basis points of the whole. */
export const BASIS_POINTS = 10_000

/** Prices and rates are per hour. */
export const SECONDS_PER_HOUR = 3600

/** Why a lease ended (`uint8`). Frozen with the message formats: codes are only ever added. */
export const reasonCodes = {
  none: 0,
  closedByTenant: 1,
  replaced: 2,
  interruptedWithNotice: 3,
  abandonedNoManifest: 4,
  abandonedCannotRun: 5,
  abandoned: 6,
  endedByMonitors: 7,
  jobAccepted: 8,
  jobVerdict: 9,
  jobExpired: 10,
} as const
export type Reason = keyof typeof reasonCodes

const reasonWords: Record<Reason, string> = {
  none: 'its time is over',
  closedByTenant: 'closed by the tenant',
  replaced: 'replaced by another lease',
  interruptedWithNotice: 'interrupted by the provider, with notice',
  abandonedNoManifest: 'abandoned by the provider before it started: the manifest never came',
  abandonedCannotRun: 'abandoned by the provider before it started: it cannot run the manifest',
  abandoned: 'abandoned by the provider',
  endedByMonitors: 'ended by the monitors: the provider vanished',
  jobAccepted: 'the tenant accepted the result',
  jobVerdict: 'the validators decided',
  jobExpired: 'the job passed its deadline',
}

/** A reason code in words for people. A code from a later version is named by its number. */
export function reasonText(code: number): string {
  const reason = nameOf(reasonCodes, code)
  return reason ? reasonWords[reason] : `reason ${code}`
}

/** The name that a table gives a code. */
export function nameOf<Name extends string>(table: Readonly<Record<Name, number>>, code: number): Name | undefined {
  for (const name in table) if (table[name] === code) return name
  return undefined
}

/** A short name (a resource class, a country) as left-aligned ASCII in `bytesN`. */
export function asciiToBytes(text: string, size: number): Hex {
  if (!/^[\x21-\x7e]+$/.test(text) || text.length > size) {
    throw new RangeError(`"${text}" is not 1 to ${size} printable ASCII characters`)
  }
  const hex = Array.from(text, (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  return `0x${hex.padEnd(size * 2, '0')}`
}

/** The text of a left-aligned `bytesN`; `undefined` if it is not printable ASCII padded with zeros. */
export function bytesToAscii(bytes: Hex): string | undefined {
  const digits = bytes.slice(2).replace(/(00)+$/, '')
  const text = digits.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)))
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined
}

/** A resource class's short name as it stands in messages: `cu` → `0x6375000…`. */
export function resourceId(name: string): Hex {
  return asciiToBytes(name, 32)
}

/** A resource class's short name; a foreign id is shown as it is. */
export function resourceName(id: Hex): string {
  return bytesToAscii(id) ?? id
}

/** An ISO 3166-1 alpha-2 country as `bytes2`: `DE` → `0x4445`. */
export function countryId(code: string): Hex {
  if (!/^[A-Z]{2}$/.test(code)) throw new RangeError(`"${code}" is not a two-letter country code like DE`)
  return asciiToBytes(code, 2)
}

/** The two letters of a `bytes2` country; a foreign id is shown as it is. */
export function countryCode(id: Hex): string {
  return bytesToAscii(id) ?? id
}
