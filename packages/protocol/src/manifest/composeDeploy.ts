import { z } from 'zod'
import { restartPolicy } from './composeHealth.ts'
import { cpus, memory, replicas } from './written.ts'

// `deploy` of a container's service.

const device = z.strictObject(
  {
    driver: z.literal('nvidia', 'must be nvidia: no other devices are offered').optional(),
    capabilities: z
      .array(z.string(), 'must be a list')
      .refine((list) => list.includes('gpu'), 'must have gpu: no other devices are offered'),
    count: z.int('must be a number of GPUs: providers have different numbers of them').min(1).max(64),
    device_ids: z.undefined({ error: 'is not supported: the provider chooses, write count' }).optional(),
  },
  'must be a map',
)

export const deploy = z.strictObject(
  {
    mode: z.literal('replicated', 'must be replicated: a lease is on one host').optional(),
    replicas: replicas.optional(),
    resources: z
      .strictObject(
        {
          limits: z
            .strictObject(
              { cpus: cpus.optional(), memory: memory.optional(), pids: z.int().optional() },
              'must be a map',
            )
            .optional(),
          reservations: z
            .strictObject(
              {
                cpus: cpus.optional(),
                memory: memory.optional(),
                devices: z.array(device, 'must be a list').max(1, 'must be one device').optional(),
              },
              'must be a map',
            )
            .optional(),
        },
        'must be a map',
      )
      .optional(),
    restart_policy: restartPolicy.optional(),
    labels: z.unknown().optional(),
    update_config: z.unknown().optional(),
    rollback_config: z.unknown().optional(),
  },
  'must be a map',
)
