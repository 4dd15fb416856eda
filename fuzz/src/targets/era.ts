import { isDeepStrictEqual } from 'node:util'
import {
  computeEra,
  type DataSet,
  decodeBatch,
  decodeDataSet,
  decodeFacts,
  decodeProbes,
  decodeState,
  type EraState,
  emptyState,
  encodeBatch,
  encodeDataSet,
  encodeFacts,
  encodeProbes,
  encodeState,
  openBatch,
  openFacts,
  openState,
  type Probe,
} from '@tender/protocol'
import { at, eraFacts, lease, leaseOf, MONITORS, saw, seenAll, UNIT } from '@tender/protocol/era/testEra'
import { zeroHash } from 'viem'
import { attempt, must, type Target } from '../target.ts'

const ERA = 'packages/protocol/src/era/'

/** A format that has one encoding for each value: what is taken is written as it came. */
function packed<Value>(
  name: string,
  {
    file,
    values,
    encode,
    decode,
    open,
  }: {
    file: string
    values: () => readonly Value[]
    encode(value: Value): Uint8Array
    decode(bytes: Uint8Array): Value
    /** Reads the same without unpacking it. */
    open?(bytes: Uint8Array): unknown
  },
): Target {
  return {
    name,
    format: name === 'era-data-set' ? 'json' : 'bytes',
    maxBytes: 16 * 1024,
    code: [`${ERA}${file}`, `${ERA}packing.ts`, `${ERA}bytes.ts`],
    seeds: () => values().map((value) => encode(value).slice()),
    run(input) {
      const parsed = attempt(() => decode(input))
      if (open) must((attempt(() => open(input)) !== undefined) === (parsed !== undefined), 'two readers differ')
      if (!parsed) return false
      must(isDeepStrictEqual(new Uint8Array(encode(parsed.value)), new Uint8Array(input)), 'two encodings of one value')
      return true
    },
  }
}

const address = `0x${'11'.repeat(20)}` as const
const signature = `0x${'22'.repeat(65)}` as const
const dataSet: DataSet = {
  version: 1,
  reports: address,
  era: 2n,
  attempt: 0,
  until: 1_700_000_000,
  root: zeroHash,
  facts: [zeroHash],
  state: [zeroHash],
  previous: { dataHash: zeroHash, state: [] },
  batches: [{ monitor: address, digest: zeroHash, signature }],
  recounts: [{ dispute: 3n, dataHash: zeroHash, batches: [{ monitor: address, digest: zeroHash, signature }] }],
}

const leases = [leaseOf(1), leaseOf(2, { uptimeBps: 0, endReason: 3, fees: 5n })]
const [monitor = { monitor: address, weight: 1 }] = MONITORS
const batches = [
  ...seenAll(leases).slice(0, 1),
  {
    ...{ monitor: monitor.monitor, era: 1n, observations: leases.map((one) => saw(one)) },
    capacity: [{ provider: 1n, resource: UNIT, at: at(5), units: 8, proven: 7 }],
    ratings: [{ rating: { lease: lease(1), stars: 4 }, tenant: address, signature }],
  },
]
const facts = [
  eraFacts({ leases }),
  eraFacts({
    capacity: [{ provider: 1n, resource: UNIT, committed: 5, leased: 2, stakePerUnit: 7n }],
    disputes: [{ dispute: 1n, lease: lease(1), era: 1n }],
    attestations: [{ provider: 1n, resultBps: 9_000 }],
  }),
]
const states = [emptyState(at(0)), ...nextStates()]
const probes: Probe[] = [
  { at: at(1), kind: 'http', outcome: 'good', latencyMs: 12, detail: 'ok' },
  { at: at(2), kind: 'challenge', outcome: 'blind', latencyMs: 0, detail: 'ä' },
]

/** What an era leaves behind. */
function nextStates(): EraState[] {
  const { state } = computeEra({
    ...{
      facts: eraFacts({ leases }),
      previous: emptyState(at(0)),
      batches: seenAll(leases),
      equivocators: [],
      recounts: [],
    },
  })
  return [state]
}

export const eraTargets = [
  packed('era-batch', {
    file: 'canonicalBatch.ts',
    values: () => batches,
    encode: encodeBatch,
    decode: decodeBatch,
    open: openBatch,
  }),
  packed('era-facts', {
    file: 'canonicalFacts.ts',
    values: () => facts,
    encode: encodeFacts,
    decode: decodeFacts,
    open: openFacts,
  }),
  packed('era-state', {
    file: 'canonicalState.ts',
    values: () => states,
    encode: encodeState,
    decode: decodeState,
    open: openState,
  }),
  packed('era-probes', {
    file: 'canonicalProbes.ts',
    values: () => [probes, []],
    encode: encodeProbes,
    decode: (bytes) => [...decodeProbes(bytes)],
  }),
  packed('era-data-set', { file: 'dataSet.ts', values: () => [dataSet], encode: encodeDataSet, decode: decodeDataSet }),
]
