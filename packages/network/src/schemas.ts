import {
  type Availability,
  type AvailabilityEnvelope,
  type Bid,
  briefSchema,
  type Decline,
  MAX_COUNTRIES,
  MAX_REPLICAS,
  type Offer,
  type OfferEnvelope,
  type Order,
  type OrderEnvelope,
  type RuleBreak,
  type Session,
} from '@tender/protocol'
import { type Address, getAddress, type Hex } from 'viem'
import { z } from 'zod'

// What arrives from peers, with the contracts' widths. Nothing unknown passes: a later format has a later topic.

/** Most addresses of one peer. */
export const MAX_ADDRESSES = 8

const uint = (bits: number) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1)
const wideUint = (bits: number) =>
  z
    .bigint()
    .min(0n)
    .max(2n ** BigInt(bits) - 1n)

/** Hex of exactly that many bytes, lower case whatever came. */
const bytes = (count: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${count * 2}}$`))
    // CAST: the pattern above is the type
    .transform((value) => value.toLowerCase() as Hex)

export const hash32Schema = bytes(32)
export const addressSchema: z.ZodType<Address> = bytes(20).transform((value) => getAddress(value))
/** 65 bytes of a key, or what a contract wallet takes. */
export const signatureSchema = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2}){1,4096}$/)
  // CAST: the pattern above is the type
  .transform((value) => value.toLowerCase() as Hex)

export const multiaddrsSchema = z.array(z.string().max(256)).max(MAX_ADDRESSES)
const dialable = { publicKey: bytes(33), addresses: multiaddrsSchema }

export const orderSchema: z.ZodType<Order> = z.strictObject({
  tenant: addressSchema,
  agent: addressSchema,
  asset: addressSchema,
  resource: hash32Schema,
  kind: uint(8),
  tier: uint(8),
  units: uint(32).min(1),
  replicas: uint(16).min(1).max(MAX_REPLICAS),
  maxPrice: wideUint(96),
  duration: uint(32),
  maxMinSeconds: uint(32),
  uptimeBps: uint(16),
  maxSilence: uint(32),
  worstLevel: uint(8),
  spread: uint(8),
  countries: z.array(bytes(2)).max(MAX_COUNTRIES),
  verifier: addressSchema,
  manifest: hash32Schema,
  jobTerms: hash32Schema,
  previous: hash32Schema,
  handoverSeconds: uint(32),
  auctionEnd: uint(40),
  expiry: uint(40),
  nonce: wideUint(256),
})

export const offerSchema: z.ZodType<Offer> = z.strictObject({
  provider: wideUint(64),
  offerEpoch: uint(32),
  order: hash32Schema,
  resource: hash32Schema,
  asset: addressSchema,
  tier: uint(8),
  units: uint(32).min(1),
  price: wideUint(96),
  minSeconds: uint(32),
  maxDuration: uint(32),
  noticeSeconds: uint(32),
  expiry: uint(40),
  salt: wideUint(256),
})

const availabilitySchema: z.ZodType<Availability> = z.strictObject({
  provider: wideUint(64),
  issuedAt: uint(40),
  expiry: uint(40),
  country: bytes(2),
  drivers: z.array(z.string().max(32)).max(16),
  resources: z
    .array(
      z.strictObject({
        resource: hash32Schema,
        freeUnits: uint(32),
        tier: uint(8),
        asset: addressSchema,
        indicativePrice: wideUint(96),
      }),
    )
    .max(64),
})

export const sessionSchema: z.ZodType<Session> = z.strictObject({
  tenant: addressSchema,
  agent: addressSchema,
  scopes: uint(8),
  issuedAt: uint(40),
  expiry: uint(40),
})

export const orderEnvelopeSchema: z.ZodType<OrderEnvelope> = z.strictObject({
  type: z.literal('order'),
  order: orderSchema,
  signature: signatureSchema,
  brief: briefSchema,
  privateHash: hash32Schema,
  ...dialable,
})

export const offerEnvelopeSchema: z.ZodType<OfferEnvelope> = z.strictObject({
  type: z.literal('offer'),
  offer: offerSchema,
  signature: signatureSchema,
  ...dialable,
})

export const availabilityEnvelopeSchema: z.ZodType<AvailabilityEnvelope> = z.strictObject({
  type: z.literal('availability'),
  availability: availabilitySchema,
  signature: signatureSchema,
  ...dialable,
})

export const bidSchema: z.ZodType<Bid> = z.strictObject({
  type: z.literal('bid'),
  offer: offerSchema,
  signature: signatureSchema,
})

export const ruleBreaksSchema: z.ZodType<readonly RuleBreak[]> = z
  .array(
    z.strictObject({
      rule: z.string().max(64),
      message: z.string().max(500),
      asked: z.string().max(200).optional(),
      possible: z.string().max(200).optional(),
    }),
  )
  .max(64)

export const declineSchema: z.ZodType<Decline> = z.strictObject({
  type: z.literal('decline'),
  provider: wideUint(64),
  order: hash32Schema,
  reasons: ruleBreaksSchema,
})
