import { type Address, getAddress, type Hex } from 'viem'
import { z } from 'zod'
import { briefSchema } from './manifest/manifest.ts'
import type {
  Availability,
  AvailabilityEnvelope,
  Award,
  BatchHeader,
  Bid,
  ChallengeAnswer,
  Decline,
  Envelope,
  Extend,
  JobTerms,
  LeaseEnd,
  Offer,
  OfferEnvelope,
  OperatorAcceptance,
  Order,
  OrderAnswer,
  OrderEnvelope,
  Rating,
  Report,
  Session,
  Started,
  Terms,
  Verdict,
} from './messages.ts'
import { MAX_COUNTRIES, MAX_REPLICAS, WORST_LEVEL } from './tables.ts'

// Whatever comes from a peer, a file or a chain passes one of these. Each number is bounded by its Solidity width, so that what
// parses can also be encoded; rules between fields belong to the contracts and to `qualify`.

const hexOf = (pattern: RegExp, what: string) =>
  z
    .string()
    .regex(pattern, `must be ${what}`)
    // CAST: the pattern is the type
    .transform((value) => value.toLowerCase() as Hex)

/** Thirty-two bytes, in lower case. */
export const bytes32Schema = hexOf(/^0x[0-9a-fA-F]{64}$/, '32 bytes in hex')
/** Two bytes, in lower case. */
export const bytes2Schema = hexOf(/^0x[0-9a-fA-F]{4}$/, '2 bytes in hex')
/** A signature: 64 or 65 bytes of a key, or what an EIP-1271 wallet takes, up to 4 KiB. */
export const signatureSchema = hexOf(/^0x([0-9a-fA-F]{2}){64,4096}$/, 'a signature of 64 to 4096 bytes in hex')
/** A compressed secp256k1 public key. */
export const publicKeySchema = hexOf(/^0x0[23][0-9a-fA-F]{64}$/, 'a compressed public key in hex')

/**
 * What a stranger says in words, to be shown to people: one line of at most `maxLength` characters. Line breaks, control
 * characters and marks that turn the direction of writing become spaces, since they could forge what stands around it.
 */
export const wordsSchema = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .transform((text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' '))

/** Where a workload answers, as its provider says: an HTTP address in printable ASCII. */
export const workloadUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII')

/** An address, in checksum case, so that addresses compare with `===`. */
export const addressSchema = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address')
  .transform((value): Address => getAddress(value.toLowerCase()))

/** An unsigned integer of at most 48 bits, as viem has it. */
export const uintNumber = (bits: 8 | 16 | 32 | 40 | 48) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1)

/** A wider unsigned integer. CBOR gives small ones as numbers and JSON can only hold decimal strings; all become bigints. */
export const uintBigint = (bits: 64 | 96 | 128 | 256) =>
  z
    .union(
      [
        z.bigint(),
        z.int().min(0).transform(BigInt),
        z
          .string()
          .regex(/^\d{1,78}$/)
          .transform(BigInt),
      ],
      {
        error: `must be an unsigned integer of ${bits} bits`,
      },
    )
    .refine((value) => value >= 0n && value < 1n << BigInt(bits), `must be an unsigned integer of ${bits} bits`)

const level = z.int().min(1).max(WORST_LEVEL)
const bps = z.int().min(0).max(10_000)
const oneOf = (count: number) =>
  z
    .int()
    .min(0)
    .max(count - 1)

export const orderSchema = z.strictObject({
  tenant: addressSchema,
  agent: addressSchema,
  asset: addressSchema,
  resource: bytes32Schema,
  kind: oneOf(2),
  tier: oneOf(3),
  units: uintNumber(32).min(1),
  replicas: z.int().min(1).max(MAX_REPLICAS),
  maxPrice: uintBigint(96),
  duration: uintNumber(32).min(1),
  maxMinSeconds: uintNumber(32),
  uptimeBps: bps,
  maxSilence: uintNumber(32),
  worstLevel: level,
  spread: oneOf(3),
  countries: z.array(bytes2Schema).max(MAX_COUNTRIES),
  verifier: addressSchema,
  manifest: bytes32Schema,
  jobTerms: bytes32Schema,
  previous: bytes32Schema,
  handoverSeconds: uintNumber(32),
  auctionEnd: uintNumber(40),
  expiry: uintNumber(40),
  nonce: uintBigint(256),
}) satisfies z.ZodType<Order>

export const offerSchema = z.strictObject({
  provider: uintBigint(64),
  offerEpoch: uintNumber(32),
  order: bytes32Schema,
  resource: bytes32Schema,
  asset: addressSchema,
  tier: oneOf(3),
  units: uintNumber(32).min(1),
  price: uintBigint(96),
  minSeconds: uintNumber(32),
  maxDuration: uintNumber(32).min(1),
  noticeSeconds: uintNumber(32),
  expiry: uintNumber(40),
  salt: uintBigint(256),
}) satisfies z.ZodType<Offer>

export const awardSchema = z.strictObject({
  order: bytes32Schema,
  offers: bytes32Schema,
  deadline: uintNumber(40),
}) satisfies z.ZodType<Award>

export const jobTermsSchema = z.strictObject({
  tasks: uintNumber(32).min(1),
  sample: uintNumber(16),
  validators: uintNumber(8),
  comparator: bytes32Schema,
  deadlineSeconds: uintNumber(32).min(1),
  cancelFee: uintBigint(96),
  verifyFee: uintBigint(96),
  inputs: bytes32Schema,
}) satisfies z.ZodType<JobTerms>

export const sessionSchema = z.strictObject({
  tenant: addressSchema,
  agent: addressSchema,
  scopes: uintNumber(8),
  issuedAt: uintNumber(40),
  expiry: uintNumber(40),
}) satisfies z.ZodType<Session>

export const extendSchema = z.strictObject({
  lease: bytes32Schema,
  latestEnd: uintNumber(40),
  maxAmount: uintBigint(96),
  expiry: uintNumber(40),
}) satisfies z.ZodType<Extend>

export const startedSchema = z.strictObject({
  lease: bytes32Schema,
  at: uintNumber(40),
  inputs: bytes32Schema,
}) satisfies z.ZodType<Started>

export const ratingSchema = z.strictObject({
  lease: bytes32Schema,
  stars: z.int().min(1).max(5),
}) satisfies z.ZodType<Rating>

export const reportSchema = z.strictObject({
  reports: addressSchema,
  era: uintBigint(64),
  attempt: uintNumber(32),
  round: uintNumber(32),
  root: bytes32Schema,
  coveredUntil: uintNumber(40),
  dataHash: bytes32Schema,
}) satisfies z.ZodType<Report>

export const leaseEndSchema = z.strictObject({
  reports: addressSchema,
  lease: bytes32Schema,
  endedAt: uintNumber(40),
  evidence: bytes32Schema,
}) satisfies z.ZodType<LeaseEnd>

export const verdictSchema = z.strictObject({
  jobs: addressSchema,
  lease: bytes32Schema,
  seed: bytes32Schema,
  passed: z.boolean(),
}) satisfies z.ZodType<Verdict>

export const batchHeaderSchema = z.strictObject({
  reports: addressSchema,
  era: uintBigint(64),
  monitor: addressSchema,
  digest: bytes32Schema,
}) satisfies z.ZodType<BatchHeader>

export const challengeAnswerSchema = z.strictObject({
  lease: bytes32Schema,
  nonce: bytes32Schema,
  at: uintNumber(40),
  running: z.boolean(),
  url: z.union([z.literal(''), workloadUrlSchema]),
}) satisfies z.ZodType<ChallengeAnswer>

export const operatorAcceptanceSchema = z.strictObject({
  owner: addressSchema,
  operator: addressSchema,
  expiry: uintNumber(40),
}) satisfies z.ZodType<OperatorAcceptance>

/** A lease's terms, as a durable store or a peer gives them back. */
export const termsSchema = z.strictObject({
  order: bytes32Schema,
  offer: bytes32Schema,
  index: uintNumber(16),
  tenant: addressSchema,
  provider: uintBigint(64),
  payout: addressSchema,
  asset: addressSchema,
  resource: bytes32Schema,
  units: uintNumber(32),
  rate: uintBigint(128),
  start: uintNumber(40),
  latestEnd: uintNumber(40),
  kind: uintNumber(8),
  tier: uintNumber(8),
  uptimeBps: uintNumber(16),
  maxSilence: uintNumber(32),
  minSeconds: uintNumber(32),
  noticeSeconds: uintNumber(32),
  startWindow: uintNumber(32),
  jobTerms: bytes32Schema,
  verifier: addressSchema,
}) satisfies z.ZodType<Terms>

export const availabilitySchema = z.strictObject({
  provider: uintBigint(64),
  issuedAt: uintNumber(40),
  expiry: uintNumber(40),
  country: bytes2Schema,
  drivers: z.array(z.string().min(1).max(32)).max(16),
  resources: z
    .array(
      z.strictObject({
        resource: bytes32Schema,
        freeUnits: uintNumber(32),
        tier: oneOf(3),
        asset: addressSchema,
        indicativePrice: uintBigint(96),
      }),
    )
    .max(64),
}) satisfies z.ZodType<Availability>

const dialable = {
  publicKey: publicKeySchema,
  addresses: z.array(z.string().min(1).max(512)).max(16),
}

export const orderEnvelopeSchema = z.strictObject({
  type: z.literal('order'),
  order: orderSchema,
  signature: signatureSchema,
  brief: briefSchema,
  privateHash: bytes32Schema,
  vouch: signatureSchema.optional(),
  ...dialable,
}) satisfies z.ZodType<OrderEnvelope>

export const offerEnvelopeSchema = z.strictObject({
  type: z.literal('offer'),
  offer: offerSchema,
  signature: signatureSchema,
  ...dialable,
}) satisfies z.ZodType<OfferEnvelope>

export const availabilityEnvelopeSchema = z.strictObject({
  type: z.literal('availability'),
  availability: availabilitySchema,
  ...dialable,
}) satisfies z.ZodType<AvailabilityEnvelope>

/** Most bytes of one gossiped message: the largest that the schemas let through, encoded, with room to spare. */
export const MAX_ENVELOPE_BYTES = 64 * 1024

export const envelopeSchema = z.discriminatedUnion('type', [
  orderEnvelopeSchema,
  offerEnvelopeSchema,
  availabilityEnvelopeSchema,
]) satisfies z.ZodType<Envelope>

export const bidSchema = z.strictObject({
  type: z.literal('bid'),
  offer: offerSchema,
  signature: signatureSchema,
}) satisfies z.ZodType<Bid>

const ruleBreakSchema = z.strictObject({
  rule: wordsSchema(64),
  message: wordsSchema(512),
  asked: wordsSchema(256).optional(),
  possible: wordsSchema(256).optional(),
})

export const declineSchema = z.strictObject({
  type: z.literal('decline'),
  provider: uintBigint(64),
  order: bytes32Schema,
  reasons: z.array(ruleBreakSchema).min(1).max(32),
}) satisfies z.ZodType<Decline>

export const orderAnswerSchema = z.discriminatedUnion('type', [
  bidSchema,
  declineSchema,
]) satisfies z.ZodType<OrderAnswer>
