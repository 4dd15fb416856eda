import type { Hex } from 'viem'
import { createReader, createWriter, notCanonical, type RecordFormat, upTo } from './packing.ts'
import type {
  EraAttestation,
  EraCapacity,
  EraDispute,
  EraFacts,
  EraLease,
  EraMonitor,
  EraRules,
  FactsView,
} from './types.ts'

/** `IEraReports` allows no more. */
const MAX_MONITORS = 128
/** What is the same in many leases is written once. */
type Tables = { assets: readonly Hex[]; resources: readonly Hex[]; seeds: readonly Hex[] }

const monitor: RecordFormat<EraMonitor> = {
  name: 'monitor',
  key: 20,
  most: MAX_MONITORS,
  write(writer, record) {
    writer.hex(record.monitor, 20)
    writer.u32(record.weight)
  },
  read: (reader) => ({ monitor: reader.hex(20), weight: reader.u32() }),
}

const rate: RecordFormat<EraRules['rates'][number]> = {
  name: 'rate',
  key: 20,
  most: 1_000,
  write(writer, record) {
    writer.hex(record.asset, 20)
    writer.big(record.rate, 4)
  },
  read: (reader) => ({ asset: reader.hex(20), rate: reader.big(4) }),
}

const capacity: RecordFormat<EraCapacity> = {
  name: 'capacity',
  key: 40,
  most: 1_000_000,
  write(writer, record) {
    writer.big(record.provider, 1)
    writer.hex(record.resource, 32)
    writer.u32(record.committed)
    writer.u32(record.leased)
    writer.big(record.stakePerUnit, 2)
  },
  read: (reader) => ({
    provider: reader.big(1),
    resource: reader.hex(32),
    committed: reader.u32(),
    leased: reader.u32(),
    stakePerUnit: reader.big(2),
  }),
}

const dispute: RecordFormat<EraDispute> = {
  name: 'dispute',
  key: 8,
  most: 10_000,
  write(writer, record) {
    writer.big(record.dispute, 1)
    writer.hex(record.lease, 32)
    writer.big(record.era, 1)
  },
  read: (reader) => ({ dispute: reader.big(1), lease: reader.hex(32), era: reader.big(1) }),
}

const attestation: RecordFormat<EraAttestation> = {
  name: 'attestation',
  key: 8,
  most: 1_000_000,
  write(writer, { provider, resultBps }) {
    writer.big(provider, 1)
    writer.u16(upTo(10_000, resultBps, 'resultBps'))
  },
  read: (reader) => ({ provider: reader.big(1), resultBps: upTo(10_000, reader.u16(), 'resultBps') }),
}

const word = (size: number, name: string): RecordFormat<Hex> => ({
  name,
  key: size,
  most: 1_000_000,
  write: (writer, value) => writer.hex(value, size),
  read: (reader) => reader.hex(size),
})
const assetTable = word(20, 'asset')
const resourceTable = word(32, 'resource class')
const seedTable = word(32, 'seed')

function leaseFormat(tables: Tables): RecordFormat<EraLease> {
  const places = [tables.assets, tables.resources, tables.seeds].map(
    (table) => new Map(table.map((value, index) => [value, index])),
  )
  const place = (table: number, value: Hex): number => {
    const index = places[table]?.get(value)
    if (index === undefined) throw notCanonical(`${value} is not in its table`)
    return index
  }
  const entry = (table: readonly Hex[], index: number): Hex => {
    const value = table[index]
    if (value === undefined) throw notCanonical(`there is no place ${index} in a table`)
    return value
  }
  return {
    name: 'lease',
    key: 32,
    most: 4_000_000,
    write(writer, lease) {
      writer.hex(lease.lease, 32)
      writer.big(lease.provider, 1)
      writer.hex(lease.tenant, 20)
      writer.u32(place(0, lease.asset))
      writer.u32(place(1, lease.resource))
      writer.u32(place(2, lease.seed))
      writer.u8(upTo(2, lease.tier, 'tier'))
      writer.u32(lease.units)
      writer.big(lease.rate, 2)
      writer.u40(lease.start)
      writer.u40(lease.stop)
      writer.u40(lease.end)
      writer.u32(lease.startWindow)
      writer.u16(upTo(10_000, lease.uptimeBps, 'uptimeBps'))
      writer.u8(lease.endReason)
      writer.big(lease.fees, 2)
      writer.big(lease.paid, 2)
    },
    read(reader) {
      const [lease, provider, tenant] = [reader.hex(32), reader.big(1), reader.hex(20)]
      const asset = entry(tables.assets, reader.u32())
      const resource = entry(tables.resources, reader.u32())
      const seed = entry(tables.seeds, reader.u32())
      const [tier, units, rate] = [upTo(2, reader.u8(), 'tier'), reader.u32(), reader.big(2)]
      const [start, stop, end, startWindow] = [reader.u40(), reader.u40(), reader.u40(), reader.u32()]
      const [uptimeBps, endReason] = [upTo(10_000, reader.u16(), 'uptimeBps'), reader.u8()]
      const [fees, paid] = [reader.big(2), reader.big(2)]
      return {
        lease,
        provider,
        tenant,
        asset,
        resource,
        seed,
        tier,
        units,
        rate,
        start,
        stop,
        end,
        startWindow,
        uptimeBps,
        endReason,
        fees,
        paid,
      }
    },
  }
}

/**
 * Facts as bytes: one encoding for one value. Hex is lower case; `rates` is sorted by asset.
 *
 * @throws {TenderError} `notCanonical` if a list is not sorted or a number out of range
 */
export function encodeFacts(facts: FactsView): Uint8Array {
  const writer = createWriter('facts', 2_048 + 147 * facts.leases.length + 64 * facts.capacity.length)
  const tables = tablesOf(facts.leases)
  writer.big(facts.era, 1)
  writer.u40(facts.from)
  writer.u40(facts.until)
  writer.big(facts.block.number, 1)
  writer.hex(facts.block.hash, 32)
  writer.u16(facts.rules.redundancy)
  writer.u16(upTo(10_000, facts.rules.creditBps, 'creditBps'))
  writer.big(facts.rules.providerBudget, 2)
  writer.u16(facts.rules.feeFactorBps)
  writer.u16(facts.rules.idleFactorBps)
  writer.u16(facts.rules.mostOfFeesBps)
  for (const share of facts.rules.penaltyBps) writer.u16(upTo(10_000, share, 'penaltyBps'))
  writer.list(rate, facts.rules.rates)
  writer.list(monitor, facts.monitors)
  writer.list(assetTable, tables.assets)
  writer.list(resourceTable, tables.resources)
  writer.list(seedTable, tables.seeds)
  writer.list(leaseFormat(tables), facts.leases)
  writer.list(capacity, facts.capacity)
  writer.list(dispute, facts.disputes)
  writer.list(attestation, facts.attestations)
  return writer.done()
}

/** Reads {@link encodeFacts}' bytes. @throws {TenderError} `notCanonical` for any others. */
export function decodeFacts(bytes: Uint8Array): EraFacts {
  const facts = openFacts(bytes)
  return { ...facts, leases: [...facts.leases] }
}

/** {@link decodeFacts} without making objects of the leases; everything is checked, and `bytes` must not change. */
export function openFacts(bytes: Uint8Array): FactsView {
  const reader = createReader('facts', bytes)
  const [era, from, until] = [reader.big(1), reader.u40(), reader.u40()]
  const block = { number: reader.big(1), hash: reader.hex(32) }
  const redundancy = reader.u16()
  const creditBps = upTo(10_000, reader.u16(), 'creditBps')
  const providerBudget = reader.big(2)
  const [feeFactorBps, idleFactorBps, mostOfFeesBps] = [reader.u16(), reader.u16(), reader.u16()]
  const share = () => upTo(10_000, reader.u16(), 'penaltyBps')
  const penaltyBps = [share(), share(), share()] as const
  const rates = reader.list(rate)
  const monitors = reader.list(monitor)
  const tables = {
    assets: reader.list(assetTable),
    resources: reader.list(resourceTable),
    seeds: reader.list(seedTable),
  }
  const leases = reader.packed(leaseFormat(tables))
  const rest = {
    capacity: reader.list(capacity),
    disputes: reader.list(dispute),
    attestations: reader.list(attestation),
  }
  reader.done()
  const used = tablesOf(leases)
  for (const name of ['assets', 'resources', 'seeds'] as const)
    if (used[name].length !== tables[name].length) throw notCanonical(`${name} that no lease has`)
  const rules = { redundancy, creditBps, providerBudget, feeFactorBps, idleFactorBps, mostOfFeesBps, penaltyBps, rates }
  return { era, from, until, block, rules, monitors, leases, ...rest }
}

function tablesOf(leases: Iterable<EraLease>): Tables {
  const [assets, resources, seeds] = [new Set<Hex>(), new Set<Hex>(), new Set<Hex>()]
  for (const lease of leases) {
    assets.add(lease.asset)
    resources.add(lease.resource)
    seeds.add(lease.seed)
  }
  return { assets: [...assets].sort(), resources: [...resources].sort(), seeds: [...seeds].sort() }
}
