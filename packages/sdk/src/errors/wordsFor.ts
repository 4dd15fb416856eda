import {
  BASIS_POINTS,
  countryCode,
  type FailureClass,
  formatAmount,
  kinds,
  nameOf,
  providerStatuses,
  reasonText,
  resourceName,
  tiers,
} from '@tender/protocol'
import { isHex } from 'viem'
import { auctionStates } from '../internal/auctionStates.ts'
import { jobStates } from '../internal/jobStates.ts'
import type { MarketAsset } from '../internal/readAsset.ts'
import { contractWords } from './contractWords.ts'

const stakeToken = { symbol: 'TNDR', decimals: 18 }

type Args = Readonly<Record<string, unknown>>
type Assets = ReadonlyMap<string, MarketAsset>

/** A custom error in words, its arguments written as people read them. */
export function wordsFor(
  { name, signature, args }: { name: string; signature: string; args: Args },
  assets: Assets,
): { message: string; hint: string | undefined; class: FailureClass } {
  const words = contractWords[signature] ?? contractWords[name]
  if (!words) return { message: `the contract refused: ${name}`, hint: undefined, class: 'chain' }
  const all: Args = { ...args, missing: missing(args) }
  const fill = (text: string) =>
    text.replace(/\{(\w+)(?::(\w+))?\}/g, (_, key: string, format: string | undefined) =>
      formatArgument(all[key], format, args, assets),
    )
  return { message: fill(words.text), hint: words.hint && fill(words.hint), class: words.class }
}

/** How much is missing, of errors that say what was asked and what there is. */
export function missing({ asked, available }: Args): bigint | undefined {
  return typeof asked === 'bigint' && typeof available === 'bigint' ? asked - available : undefined
}

const formats: Readonly<Record<string, (value: unknown, args: Args, assets: Assets) => string>> = {
  time: (value) => new Date(Number(value) * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC'),
  seconds: (value) => `${value} s`,
  bps: (value) => `${(Number(value) / BASIS_POINTS) * 100} %`,
  amount: (value, { asset }, assets) => amountText(value, assets.get(String(asset).toLowerCase())),
  stake: (value) => formatAmount(BigInt(String(value)), stakeToken),
  resource: (value) => (isHex(value) ? resourceName(value) : String(value)),
  country: (value) => (isHex(value) ? countryCode(value) : String(value)),
  reason: (value) => reasonText(Number(value)),
  tier: (value) => nameOf(tiers, Number(value)) ?? String(value),
  kind: (value) => nameOf(kinds, Number(value)) ?? String(value),
  status: (value) => nameOf(providerStatuses, Number(value)) ?? String(value),
  state: (value) => auctionStates[Number(value)] ?? String(value),
  jobState: (value) => jobStates[Number(value)] ?? String(value),
}

/** The formats that {@link contractWords} may name. */
export const formatNames = Object.keys(formats)

function formatArgument(value: unknown, format: string | undefined, args: Args, assets: Assets): string {
  const write = format ? formats[format] : undefined
  return write ? write(value, args, assets) : String(value)
}

function amountText(value: unknown, asset: MarketAsset | undefined): string {
  return asset && typeof value === 'bigint' ? formatAmount(value, asset) : `${value} smallest units`
}
