import { z } from 'zod'
import { addressParam, idParam } from './common.ts'
import { blockInfoSchema, eraSchema } from './era.ts'
import { jobSchema } from './job.ts'
import { leaseSchema } from './lease.ts'
import { orderSchema } from './order.ts'
import { providerSchema } from './provider.ts'
import { matchSchema } from './resourceClass.ts'

/** What can be listened to. */
export const topicSchema = z
  .enum(['order', 'match', 'lease', 'job', 'provider', 'era', 'block'])
  .describe(
    'order: a new order, or one whose state changed. match: a lease opened. lease: a lease changed. job: a job changed. provider: a provider changed. era: a report changed. block: a block was indexed',
  )

const idField = { id: z.string().max(64).describe('Where the stream can be resumed after it; rises') }

/** One live update. The resource stands as it was when the update was sent. */
export const liveEventSchema = z
  .discriminatedUnion('topic', [
    z.object({ topic: z.literal('order'), ...idField, data: orderSchema }),
    z.object({ topic: z.literal('match'), ...idField, data: matchSchema }),
    z.object({ topic: z.literal('lease'), ...idField, data: leaseSchema }),
    z.object({ topic: z.literal('job'), ...idField, data: jobSchema }),
    z.object({ topic: z.literal('provider'), ...idField, data: providerSchema }),
    z.object({ topic: z.literal('era'), ...idField, data: eraSchema }),
    z.object({
      topic: z.literal('block'),
      ...idField,
      data: blockInfoSchema,
    }),
    z.object({
      topic: z.literal('reset'),
      ...idField,
      data: z.object({
        reason: z
          .enum(['reorg', 'tooOld'])
          .describe(
            'reorg: the chain took blocks back. tooOld: more happened since than is kept. Read again what you show',
          ),
      }),
    }),
  ])
  .meta({ id: 'LiveEvent', description: 'One live update' })

export const eventsQuery = z.strictObject({
  topics: z
    .string()
    .regex(
      /^(order|match|lease|job|provider|era|block)(,(order|match|lease|job|provider|era|block)){0,6}$/,
      'must be topics such as order,match,lease,job,era,block',
    )
    .optional()
    .describe('Comma-separated; all unless told'),
  tenant: addressParam.optional().describe('Only orders, matches, leases and jobs of this tenant'),
  provider: idParam.optional().describe('Only matches, leases and jobs of this provider, and itself'),
})

export type Topic = z.output<typeof topicSchema>
export type LiveEvent = z.output<typeof liveEventSchema>
