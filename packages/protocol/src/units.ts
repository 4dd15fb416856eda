import { badText, parseDecimal, scaleExactly } from './decimal.ts'
import { BASIS_POINTS } from './tables.ts'

const secondsIn = { d: 86_400, h: 3600, m: 60, s: 1 } as const

/** Longest duration that a message can hold (`uint32` seconds). */
export const MAX_DURATION_SECONDS = 2 ** 32 - 1

/**
 * Reads a duration such as `30m`, `2h` or `1d12h` as seconds. Parts stand in falling order, each once.
 *
 * @throws {InvalidInputError} for a number without a unit or anything else.
 */
export function parseDuration(text: string): number {
  const hint = 'Write it like "90s", "30m", "2h" or "1d12h".'
  if (/^\d+$/.test(text)) throw badText('a duration', text, 'it has no unit', hint)
  const match = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,10})s)?$/.exec(text)
  if (!match || text === '') throw badText('a duration', text, 'it takes numbers with d, h, m or s', hint)
  const [, days, hours, minutes, seconds] = match.map((part) => Number(part ?? 0))
  const total =
    (days ?? 0) * secondsIn.d + (hours ?? 0) * secondsIn.h + (minutes ?? 0) * secondsIn.m + (seconds ?? 0) * secondsIn.s
  if (total > MAX_DURATION_SECONDS) throw badText('a duration', text, 'it is longer than 136 years', hint)
  return total
}

const nanosecondsIn = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  ns: 1n,
}
const MAX_MILLISECONDS = MAX_DURATION_SECONDS * 1000

/**
 * Reads a duration as Compose writes it in health checks, in milliseconds: `30s`, `1m30s`, `500ms`, `1.5h`.
 *
 * @throws {InvalidInputError}
 */
export function parseMilliseconds(text: string): number {
  const hint = 'Write it like "500ms", "30s" or "1m30s".'
  if (text === '0') return 0
  if (!/^(?:[\d.]+(?:h|ms|m|s|us|ns))+$/.test(text) || text.length > 64)
    throw badText('a duration', text, 'it takes numbers with h, m, s or ms', hint)
  let total = 0n
  for (const [, number = '', unit = ''] of text.matchAll(/([\d.]+)(h|ms|m|s|us|ns)/g)) {
    const value = parseDecimal(number)
    if (!value) throw badText('a duration', text, `${number} is no number`, hint)
    // CAST: the pattern names exactly these
    total += (value.digits * nanosecondsIn[unit as keyof typeof nanosecondsIn]) / 10n ** BigInt(value.scale)
  }
  if (total % nanosecondsIn.ms !== 0n) throw badText('a duration', text, 'it is finer than 1 ms', hint)
  const milliseconds = Number(total / nanosecondsIn.ms)
  if (milliseconds > MAX_MILLISECONDS) throw badText('a duration', text, 'it is longer than 136 years', hint)
  return milliseconds
}

/** Seconds as people read them: `1d12h`, `30m`, `0s`. Exact, and {@link parseDuration} reads it back. */
export function formatDuration(seconds: number): string {
  let rest = seconds
  let text = ''
  for (const [unit, size] of Object.entries(secondsIn)) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) text += `${count}${unit}`
  }
  return text || '0s'
}

const KIB = 1024
const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/**
 * Reads a size in bytes as Compose does: `1g`, `512m`, `512Mi`, `4GiB`, `1gb` are all powers of 1024; a bare number is
 * bytes.
 *
 * @throws {InvalidInputError}
 */
export function parseSize(text: string): number {
  const hint = 'Write it like "512m", "512Mi" or "4GiB".'
  const match = /^([\d.]+)\s*(?:([kmgt])i?b?|b)?$/i.exec(text.trim())
  const value = match?.[1] === undefined ? undefined : parseDecimal(match[1])
  if (!match || !value) throw badText('a size', text, 'it takes a number and a unit', hint)
  const power = ' kmgt'.indexOf((match[2] ?? ' ').toLowerCase())
  const scaled = value.digits * BigInt(KIB ** power)
  const divisor = 10n ** BigInt(value.scale)
  if (scaled % divisor !== 0n) throw badText('a size', text, 'it is not a whole number of bytes', hint)
  const bytes = scaled / divisor
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) throw badText('a size', text, 'it is too large', hint)
  return Number(bytes)
}

/** Bytes as people read them, rounded to one decimal: `512 MiB`. For display only. */
export function formatSize(bytes: number): string {
  const power = Math.min(sizes.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)))
  return `${Number((bytes / KIB ** power).toFixed(1))} ${sizes[power]}`
}

/** Reads a number of cores such as `0.5` as thousandths. @throws {InvalidInputError} */
export function parseCpus(text: string): number {
  const hint = 'Write it like "0.5" or "2".'
  const value = parseDecimal(text.trim())
  if (!value) throw badText('a number of cores', text, 'it takes a decimal number', hint)
  const millis = (Number(value.digits) * 1000) / 10 ** value.scale
  if (!Number.isInteger(millis)) throw badText('a number of cores', text, 'it is finer than 0.001', hint)
  if (millis === 0) throw badText('a number of cores', text, 'it is zero', hint)
  return millis
}

/** What one compute unit holds: one core (two threads), 4 GiB of memory, 25 GiB of disk. */
export const computeUnit = { cpuMillis: 1000, memoryBytes: 4 * KIB ** 3, diskBytes: 25 * KIB ** 3 } as const

/** What a workload needs, all containers of a lease together. */
export type Needs = { cpuMillis: number; memoryBytes: number; diskBytes: number }

export type UnitCount = {
  units: number
  /** Which need decided. */
  largest: keyof Needs
  /** Why there are more units than needed, for people; absent if the largest need fills them exactly. */
  rounded?: string | undefined
}

const needWords: Record<keyof Needs, (value: number) => string> = {
  cpuMillis: (value) => `${value / 1000} cores`,
  memoryBytes: (value) => `${formatSize(value)} of memory`,
  diskBytes: (value) => `${formatSize(value)} of disk`,
}

/**
 * Normalises needs to compute units: the largest need rules, fractions round up.
 *
 * @example
 * computeUnits({ cpuMillis: 500, memoryBytes: 5 * 2 ** 30, diskBytes: 0 })
 * // { units: 2, largest: 'memoryBytes', rounded: '5 GiB of memory is 1.25 CU, rounded up to 2' }
 */
export function computeUnits(needs: Needs): UnitCount {
  const shares = {
    cpuMillis: needs.cpuMillis / computeUnit.cpuMillis,
    memoryBytes: needs.memoryBytes / computeUnit.memoryBytes,
    diskBytes: needs.diskBytes / computeUnit.diskBytes,
  }
  let largest: keyof Needs = 'cpuMillis'
  if (shares.memoryBytes > shares[largest]) largest = 'memoryBytes'
  if (shares.diskBytes > shares[largest]) largest = 'diskBytes'
  const units = Math.max(1, Math.ceil(shares[largest]))
  if (shares[largest] === units) return { units, largest }
  const share = Number(shares[largest].toPrecision(3))
  return { units, largest, rounded: `${needWords[largest](needs[largest])} is ${share} CU, rounded up to ${units}` }
}

/** Reads a percentage such as `99.5%` as basis points. @throws {InvalidInputError} */
export function parsePercent(text: string): number {
  const hint = 'Write it like "99.5%".'
  const value = text.endsWith('%') ? parseDecimal(text.slice(0, -1).trim()) : undefined
  if (!value) throw badText('a percentage', text, 'it takes a number and %', hint)
  const bps = scaleExactly(value, 2)
  if (bps === undefined) throw badText('a percentage', text, 'it is finer than 0.01%', hint)
  if (bps > BigInt(BASIS_POINTS)) throw badText('a percentage', text, 'it is more than 100%', hint)
  return Number(bps)
}
