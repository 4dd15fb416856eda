import {
  addressSchema,
  bytes32Schema,
  type Leaf,
  type Observation,
  type Probe,
  uintBigint,
  uintNumber,
} from '@tender/protocol'
import { z } from 'zod'

// What monitors tell of an era, as it travels.

const bps = z.int().min(0).max(10_000)

export const leafSchema: z.ZodType<Leaf> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lease'), lease: bytes32Schema, served: uintNumber(40) }),
  z.strictObject({
    kind: z.literal('credit'),
    lease: bytes32Schema,
    provider: uintBigint(64),
    tenant: addressSchema,
    amount: uintBigint(256),
  }),
  z.strictObject({
    kind: z.literal('provider'),
    provider: uintBigint(64),
    score: bps,
    rewards: uintBigint(256),
    slashed: uintBigint(256),
  }),
  z.strictObject({
    kind: z.literal('monitor'),
    monitor: addressSchema,
    asset: addressSchema,
    rewards: uintBigint(256),
  }),
  z.strictObject({ kind: z.literal('monitorSlash'), monitor: addressSchema, slashed: uintBigint(256) }),
  z.strictObject({ kind: z.literal('dispute'), dispute: uintBigint(64), upheld: z.boolean() }),
])

/** A proof through a tree of a million million leaves has 40 hashes. */
const MAX_PROOF_HASHES = 64

export const proofSchema = z.array(bytes32Schema).max(MAX_PROOF_HASHES).readonly()

export const observationSchema: z.ZodType<Observation> = z.strictObject({
  lease: bytes32Schema,
  probes: uintNumber(32),
  upBps: bps,
  latencyMs: uintNumber(32),
  spreadMs: uintNumber(32),
  challenges: uintNumber(32),
  answered: uintNumber(32),
  startedAt: uintNumber(40),
  evidence: bytes32Schema,
})

/** Words are kept to the letter, since their hash was signed; whoever shows them to people cleans them. */
export const probeSchema: z.ZodType<Probe> = z.strictObject({
  at: uintNumber(40),
  kind: z.enum(['http', 'tcp', 'health', 'challenge']),
  outcome: z.enum(['good', 'bad', 'blind']),
  latencyMs: uintNumber(32),
  detail: z.string().max(80),
})
