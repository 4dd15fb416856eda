import {
  countryCode,
  formatDuration,
  formatPrice,
  type Manifest,
  nameOf,
  type Order,
  resourceName,
  type ServiceSpec,
  spreads,
  tiers,
} from '@tender/protocol'
import type { MarketAsset } from '@tender/sdk'
import { isAddressEqual } from 'viem'
import { isSame } from './isSame.ts'

/**
 * What it takes to make a running lease what a file asks for now.
 *
 * - `none`: it is that.
 * - `update`: its provider replaces what runs, under the same lease.
 * - `replace`: another thing is bought, so it takes a new order, whose lease replaces this one.
 */
export type ChangeKind = 'none' | 'update' | 'replace'

export type Change = {
  kind: ChangeKind
  /** What differs, a line for each service and term, for people. Values of variables and secrets are not told. */
  lines: string[]
}

export type Compared = { order: Order; manifest: Manifest }

/** Compares what a lease runs with what is wanted. How many leases there are is not looked at. */
export function compareWanted(
  now: Compared,
  wanted: Compared,
  asset: MarketAsset,
  { always = false }: { always?: boolean } = {},
): Change {
  const terms = [...changedTerms(now.order, wanted.order, asset), ...changedBrief(now.manifest, wanted.manifest)]
  const services = changedServices(now.manifest, wanted.manifest)
  if (terms.length > 0) return { kind: 'replace', lines: [...terms, ...services] }
  if (services.length > 0) return { kind: 'update', lines: services }
  return always ? { kind: 'update', lines: ['nothing changed but, perhaps, secrets'] } : { kind: 'none', lines: [] }
}

const termWords: { [Key in keyof Order]?: (order: Order, asset: MarketAsset) => string } = {
  asset: (order, asset) => `asset ${isIn(asset, order) ? asset.symbol : order.asset}`,
  resource: ({ resource }) => `class ${resourceName(resource)}`,
  units: ({ units }) => `units ${units}`,
  tier: ({ tier }) => `tier ${nameOf(tiers, tier)}`,
  maxPrice: (order, asset) =>
    `max-price ${isIn(asset, order) ? formatPrice(order.maxPrice, asset) : `${order.maxPrice} of its smallest units/h`}`,
  duration: ({ duration }) => `duration ${formatDuration(duration)}`,
  maxMinSeconds: ({ maxMinSeconds }) => `max-min-charge ${formatDuration(maxMinSeconds)}`,
  maxSilence: ({ maxSilence }) => `max-silence ${formatDuration(maxSilence)}`,
  uptimeBps: ({ uptimeBps }) => `uptime ${uptimeBps / 100}%`,
  worstLevel: ({ worstLevel }) => `worst-level ${worstLevel}`,
  spread: ({ spread }) => `spread ${nameOf(spreads, spread)?.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`,
  countries: ({ countries }) => `countries ${countries.map(countryCode).join(', ') || 'any'}`,
  verifier: ({ verifier }) => `verifier ${verifier}`,
}

/** Whether an order pays in an asset; of another one that was paid in before only the address is known. */
function isIn({ address }: MarketAsset, order: Order): boolean {
  return isAddressEqual(address, order.asset)
}

function changedTerms(now: Order, wanted: Order, asset: MarketAsset): string[] {
  return Object.entries(termWords).flatMap(([key, words]) => {
    // CAST: keys of a table over an order's keys
    const name = key as keyof Order
    if (isSame(now[name], wanted[name])) return []
    return [`${words(now, asset)} becomes ${words(wanted, asset).replace(/\S+ /, '')}`]
  })
}

/** What was sold and no update changes: see the provider's own check, which has the last word. */
function changedBrief({ brief: now }: Manifest, { brief: wanted }: Manifest): string[] {
  const lines = (['driver', 'gpu', 'network'] as const).flatMap((key) =>
    now[key] === wanted[key] ? [] : [`${key} ${now[key] ?? 'none'} becomes ${wanted[key] ?? 'none'}`],
  )
  // Compute units say what they hold; of another class's units only what was asked is known.
  if (now.resource === 'cu' || now.resource !== wanted.resource) return lines
  const grown = (['cpuMillis', 'memoryBytes', 'diskBytes'] as const).filter((key) => wanted[key] > now[key])
  return [...lines, ...grown.map((key) => `${key} ${now[key]} becomes ${wanted[key]}`)]
}

function changedServices(now: Manifest, wanted: Manifest): string[] {
  const before = new Map(now.services.map((service) => [service.name, service]))
  const after = new Map(wanted.services.map((service) => [service.name, service]))
  const lines = [...before.keys()].filter((name) => !after.has(name)).map((name) => `${name}: goes`)
  for (const [name, service] of after) {
    const old = before.get(name)
    if (!old) lines.push(`${name}: is new`)
    else if (!isSame(old, service)) lines.push(`${name}: ${changedParts(old, service).join(', ')} changed`)
  }
  if (!isSame(now.volumes, wanted.volumes)) lines.push('volumes changed')
  return lines
}

const partWords: { [Key in keyof ServiceSpec]?: string } = {
  args: 'command',
  cpuMillis: 'cpus',
  memoryBytes: 'memory',
}

function changedParts(before: ServiceSpec, after: ServiceSpec): string[] {
  const plain = (['image', 'args', 'ports', 'cpuMillis', 'memoryBytes', 'replicas'] as const).flatMap((key) =>
    isSame(before[key], after[key]) ? [] : [partWords[key] ?? key],
  )
  const variables = changedKeys(before.env, after.env).map((name) => `environment ${name}`)
  return [...plain, ...variables, ...changedKeys(before.container ?? {}, after.container ?? {})]
}

function changedKeys(before: object, after: object): string[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  return [...new Set([...old.keys(), ...now.keys()])].filter((key) => !isSame(old.get(key), now.get(key)))
}
