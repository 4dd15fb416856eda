import type { Address } from 'viem'
import { createReader, createWriter, type Reader, type RecordFormat, upTo, type Writer } from './packing.ts'
import type {
  EraState,
  LeaseRecord,
  MonitorRecord,
  Performance,
  ProviderRecord,
  ScoreInputs,
  StateView,
} from './types.ts'

/** Stands for a figure that is not known; figures end at 10,000. */
const UNKNOWN = 0xffff
const MAX_RECENT = 64

const leaseRecord: RecordFormat<LeaseRecord> = {
  name: 'lease',
  key: 32,
  most: 4_000_000,
  write(writer, { lease, served, credit, unobserved, startedAt, finalEra, stars }) {
    writer.hex(lease, 32)
    writer.u40(served)
    writer.big(credit, 2)
    writer.u40(unobserved)
    writer.u40(startedAt)
    writer.big(finalEra, 1)
    writer.u8(upTo(5, stars, 'stars'))
  },
  read: (reader) => ({
    lease: reader.hex(32),
    served: reader.u40(),
    credit: reader.big(2),
    unobserved: reader.u40(),
    startedAt: reader.u40(),
    finalEra: reader.big(1),
    stars: upTo(5, reader.u8(), 'stars'),
  }),
}

const providerRecord: RecordFormat<ProviderRecord> = {
  name: 'provider',
  key: 8,
  most: 1_000_000,
  write(writer, record) {
    writer.big(record.provider, 1)
    writer.u16(upTo(10_000, record.score, 'score'))
    writer.big(record.rewards, 2)
    writer.big(record.slashed, 2)
    writePerformance(writer, record.performance)
    writer.u8(record.inputs === undefined ? 0 : 1)
    if (record.inputs !== undefined) writeInputs(writer, record.inputs)
    writer.u8(upTo(MAX_RECENT, record.recentUptimeBps.length, 'eras'))
    for (const uptime of record.recentUptimeBps) writer.u16(upTo(10_000, uptime, 'uptime'))
  },
  read(reader) {
    const [provider, score] = [reader.big(1), upTo(10_000, reader.u16(), 'score')]
    const [rewards, slashed] = [reader.big(2), reader.big(2)]
    const performance = readPerformance(reader)
    const inputs = upTo(1, reader.u8(), 'flag') === 1 ? readInputs(reader) : undefined
    const recentUptimeBps = Array.from({ length: upTo(MAX_RECENT, reader.u8(), 'eras') }, () =>
      upTo(10_000, reader.u16(), 'uptime'),
    )
    return { provider, score, rewards, slashed, performance, inputs, recentUptimeBps }
  },
}

const reward: RecordFormat<{ asset: Address; amount: bigint }> = {
  name: 'reward',
  key: 20,
  most: 1_000,
  write(writer, { asset, amount }) {
    writer.hex(asset, 20)
    writer.big(amount, 2)
  },
  read: (reader) => ({ asset: reader.hex(20), amount: reader.big(2) }),
}

const monitorRecord: RecordFormat<MonitorRecord> = {
  name: 'monitor',
  key: 20,
  most: 100_000,
  write(writer, { monitor, slashed, rewards }) {
    writer.hex(monitor, 20)
    writer.big(slashed, 2)
    writer.list(reward, rewards)
  },
  read: (reader) => ({ monitor: reader.hex(20), slashed: reader.big(2), rewards: reader.list(reward) }),
}

const recount: RecordFormat<EraState['recounted'][number]> = {
  name: 'recount',
  key: 40,
  most: 100_000,
  write(writer, { lease, era }) {
    writer.hex(lease, 32)
    writer.big(era, 1)
  },
  read: (reader) => ({ lease: reader.hex(32), era: reader.big(1) }),
}

/** The state before the first report, which will count from `from`. */
export function emptyState(from: number): EraState {
  return { era: 0n, coveredUntil: from, leases: [], providers: [], monitors: [], recounted: [] }
}

/**
 * A state as bytes: one encoding for one value. Hex is lower case; a monitor's rewards are sorted by asset.
 *
 * @throws {TenderError} `notCanonical` if a list is not sorted or a number out of range
 */
export function encodeState(state: StateView): Uint8Array {
  const writer = createWriter('state', 2_048 + 72 * state.leases.length + 128 * state.providers.length)
  writer.big(state.era, 1)
  writer.u40(state.coveredUntil)
  writer.list(leaseRecord, state.leases)
  writer.list(providerRecord, state.providers)
  writer.list(monitorRecord, state.monitors)
  writer.list(recount, state.recounted)
  return writer.done()
}

/** Reads {@link encodeState}'s bytes. @throws {TenderError} `notCanonical` for any others. */
export function decodeState(bytes: Uint8Array): EraState {
  const state = openState(bytes)
  return { ...state, leases: [...state.leases] }
}

/** {@link decodeState} without making objects of the leases; everything is checked, and `bytes` must not change. */
export function openState(bytes: Uint8Array): StateView {
  const reader = createReader('state', bytes)
  const [era, coveredUntil] = [reader.big(1), reader.u40()]
  const leases = reader.packed(leaseRecord)
  const [providers, monitors] = [reader.list(providerRecord), reader.list(monitorRecord)]
  const recounted = reader.list(recount)
  reader.done()
  return { era, coveredUntil, leases, providers, monitors, recounted }
}

function writePerformance(writer: Writer, performance: Performance): void {
  const { uptimeBps, consistencyBps, availabilityBps, complianceBps, auditBps } = performance
  for (const figure of [uptimeBps, consistencyBps, availabilityBps, complianceBps, auditBps])
    writer.u16(figure === undefined ? UNKNOWN : upTo(10_000, figure, 'figure'))
}

function readPerformance(reader: Reader): Performance {
  const figure = (): number | undefined => {
    const value = reader.u16()
    return value === UNKNOWN ? undefined : upTo(10_000, value, 'figure')
  }
  return {
    uptimeBps: figure(),
    consistencyBps: figure(),
    availabilityBps: figure(),
    complianceBps: figure(),
    auditBps: figure(),
  }
}

function writeInputs(writer: Writer, inputs: ScoreInputs): void {
  const { uptimeBps, performanceBps, completedBps, ratingBps, consistencyBps } = inputs
  for (const figure of [uptimeBps, performanceBps, completedBps, ratingBps, consistencyBps])
    writer.u16(upTo(10_000, figure, 'input'))
}

function readInputs(reader: Reader): ScoreInputs {
  const figure = () => upTo(10_000, reader.u16(), 'input')
  return {
    uptimeBps: figure(),
    performanceBps: figure(),
    completedBps: figure(),
    ratingBps: figure(),
    consistencyBps: figure(),
  }
}
