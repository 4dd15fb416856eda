import type { Hex } from 'viem'
import { hexOf } from './bytes.ts'
import { keccak } from './keccak.ts'
import { createReader, createWriter, notCanonical, type RecordFormat } from './packing.ts'
import type { Probe } from './types.ts'

/** 80 characters of at most four bytes. */
const MAX_DETAIL_BYTES = 320

const probeKinds: readonly Probe['kind'][] = ['http', 'tcp', 'health', 'challenge']
const outcomes: readonly Probe['outcome'][] = ['good', 'bad', 'blind']

const probe: RecordFormat<Probe> = {
  name: 'probe',
  key: 0,
  most: 100_000,
  write(writer, { at, kind, outcome, latencyMs, detail }) {
    writer.u40(at)
    writer.u8(probeKinds.indexOf(kind))
    writer.u8(outcomes.indexOf(outcome))
    writer.u32(latencyMs)
    writer.text(detail, MAX_DETAIL_BYTES)
  },
  read(reader) {
    const at = reader.u40()
    const kind = probeKinds[reader.u8()]
    const outcome = outcomes[reader.u8()]
    if (kind === undefined || outcome === undefined) throw notCanonical('an unknown kind or outcome', reader.at())
    return { at, kind, outcome, latencyMs: reader.u32(), detail: reader.text(MAX_DETAIL_BYTES) }
  },
}

/** Probes of one lease, in the order in which they were made, as bytes. */
export function encodeProbes(probes: readonly Probe[]): Uint8Array {
  const writer = createWriter('probes')
  writer.list(probe, probes)
  return writer.done()
}

/** Reads {@link encodeProbes}' bytes. @throws {TenderError} `notCanonical` for any others. */
export function decodeProbes(bytes: Uint8Array): Probe[] {
  const reader = createReader('probes', bytes)
  const probes = reader.list(probe)
  reader.done()
  return probes
}

/** `Observation.evidence` of these probes. */
export function probesHash(probes: readonly Probe[]): Hex {
  return hexOf(keccak(encodeProbes(probes)))
}
