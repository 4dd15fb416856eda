import { addressSchema, bytes32Schema } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import type { PlacedEvent } from './eventBook.ts'

const int = z.int().min(0)
const uint = z.bigint().min(0n)
/** Anybody may write anything there. */
const hexSchema = z
  .string()
  .regex(/^0x[0-9a-f]*$/)
  // CAST: the pattern is the type
  .transform((value) => value as Hex)
const place = { block: int, logIndex: int }

/** An event about the market as a whole, as a monitor keeps it. */
export const commonEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...place,
    type: z.literal('committed'),
    provider: uint,
    resource: bytes32Schema,
    committed: int,
    stakePerUnit: uint,
  }),
  z.strictObject({ ...place, type: z.literal('penalty'), tier: int, bps: int }),
  z.strictObject({ ...place, type: z.literal('credit'), creditBps: int }),
  z.strictObject({
    ...place,
    type: z.literal('rewards'),
    providerBudget: uint,
    feeFactorBps: int,
    idleFactorBps: int,
    mostOfFeesBps: int,
  }),
  z.strictObject({ ...place, type: z.literal('rate'), asset: addressSchema, rate: uint }),
  z.strictObject({
    ...place,
    type: z.literal('weight'),
    index: int,
    monitor: addressSchema,
    weight: int,
    nextWeight: int,
    nextFrom: int,
  }),
  z.strictObject({ ...place, type: z.literal('left'), index: int }),
  z.strictObject({
    ...place,
    type: z.literal('contact'),
    index: int,
    monitor: addressSchema,
    publicKey: hexSchema,
    addresses: z.array(z.string()),
  }),
  z.strictObject({ ...place, type: z.literal('dispute'), dispute: uint, lease: bytes32Schema, era: uint }),
  z.strictObject({ ...place, type: z.literal('attested'), provider: uint, resultBps: int, expiry: int }),
  z.strictObject({
    ...place,
    type: z.literal('posted'),
    era: uint,
    attempt: int,
    round: int,
    root: bytes32Schema,
    coveredUntil: int,
    dataHash: bytes32Schema,
    effectiveAt: int,
    transaction: bytes32Schema,
  }),
  z.strictObject({ ...place, type: z.literal('vetoed'), era: uint, attempt: int }),
]) satisfies z.ZodType<PlacedEvent>
