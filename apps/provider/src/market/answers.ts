import type { Collection } from '@tender/kit'
import type { Why } from '@tender/network'
import {
  type Brief,
  briefSchema,
  type Offer,
  type Order,
  offerSchema,
  orderSchema,
  publicKeySchema,
  type RuleBreak,
  signatureSchema,
} from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'

/** What this provider decided about an order. Written before it is sent. */
export type Answer = {
  version: 1
  order: Order
  brief?: Brief | undefined
  /** Compressed public key of the order's agent. */
  agentKey?: Hex | undefined
  /** Where that agent is dialled. */
  addresses?: readonly string[] | undefined
  decision: 'bid' | 'declined'
  reasons: readonly RuleBreak[]
  /** The bid, so that the same one is sent again when the tenant asks again. */
  bid?: { offer: Offer; signature: Hex } | undefined
  /** Unix seconds. */
  decidedAt: number
}

const reasonSchema = z.strictObject({
  rule: z.string(),
  message: z.string(),
  asked: z.string().optional(),
  possible: z.string().optional(),
})

export const answerSchema = z.strictObject({
  version: z.literal(1),
  order: orderSchema,
  brief: briefSchema.optional(),
  agentKey: publicKeySchema.optional(),
  addresses: z.array(z.string()).optional(),
  decision: z.enum(['bid', 'declined']),
  reasons: z.array(reasonSchema),
  bid: z.strictObject({ offer: offerSchema, signature: signatureSchema }).optional(),
  decidedAt: z.int(),
}) satisfies z.ZodType<Answer>

/** How long a decision is remembered after its order expired, for whoever asks why. */
const KEEP_SECONDS = 86_400

/** This provider's decisions about orders. */
export type Answers = {
  get(order: Hex): Answer | undefined
  /** The newest first. */
  recent(limit: number): { id: Hex; answer: Answer }[]
  put(order: Hex, answer: Answer): void
  explain(order: Hex): Why
  /** Forgets what nobody can ask about any more. */
  prune(nowSeconds: number): void
}

export function createAnswers(store: Collection<Answer>): Answers {
  return {
    get: (order) => store.get(order),
    recent: (limit) =>
      [...store.entries()]
        // CAST: keys are written by `put`, from digests
        .map(({ key, value }) => ({ id: key as Hex, answer: value }))
        .sort((a, b) => b.answer.decidedAt - a.answer.decidedAt)
        .slice(0, limit),
    put: (order, answer) => store.set(order, answer),
    explain(order) {
      const answer = store.get(order)
      return answer ? { decision: answer.decision, reasons: [...answer.reasons] } : { decision: 'unknown', reasons: [] }
    },
    prune(nowSeconds) {
      for (const { key, value } of store.entries()) {
        if (value.order.expiry + KEEP_SECONDS < nowSeconds) store.delete(key)
      }
    },
  }
}
