import { z } from 'zod'
import { parseMilliseconds } from '../units.ts'
import type { ContainerSpec } from './manifest.ts'
import { readText } from './readText.ts'
import { shaped } from './written.ts'

/** A service that another one waits for, and where the file says so. */
export type WrittenDependency = { service: string; until: 'started' | 'healthy' | 'completed'; at: PropertyKey }
export type Restart = NonNullable<ContainerSpec['restart']>
export type WrittenHealthcheck = NonNullable<ContainerSpec['healthcheck']>

export const duration = readText('a duration such as 30s', parseMilliseconds).refine(
  (milliseconds) => milliseconds <= 86_400_000,
  'must be at most 24h',
)

/** What Compose takes for what is not written. */
const defaults = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startPeriodMs: 0 } as const

const noTest = 'must begin with CMD and a program, be CMD-SHELL and one line, or NONE'
const test = z
  .union([z.string(), z.array(z.string())], { error: 'must be a text or a list' })
  .transform((written, context): string[] | 'none' => {
    const [kind, ...rest] = typeof written === 'string' ? ['CMD-SHELL', written] : written
    if (kind === 'CMD' && rest.length > 0) return rest
    const [line] = rest
    if (kind === 'CMD-SHELL' && rest.length === 1 && line !== undefined) return ['/bin/sh', '-c', line]
    if (kind === 'NONE' && line === undefined) return 'none'
    context.addIssue({ code: 'custom', message: noTest })
    return z.NEVER
  })

export const healthcheck = z
  .strictObject(
    {
      test: test.optional(),
      interval: duration.optional(),
      timeout: duration.optional(),
      retries: z
        .int('must be a whole number')
        .min(1, 'must be at least 1')
        .max(1000, 'must be at most 1000')
        .optional(),
      start_period: duration.optional(),
      start_interval: duration.optional(),
      disable: z.boolean('must be true or false').optional(),
    },
    'must be a map',
  )
  .transform(({ test, interval, timeout, retries, start_period, disable }, context): WrittenHealthcheck => {
    if (disable || test === 'none') return 'none'
    if (test === undefined) context.addIssue({ code: 'custom', path: ['test'], message: `is missing: it ${noTest}` })
    return {
      command: test ?? [],
      intervalMs: interval || defaults.intervalMs,
      timeoutMs: timeout || defaults.timeoutMs,
      retries: retries ?? defaults.retries,
      startPeriodMs: start_period ?? defaults.startPeriodMs,
    }
  })

const conditions = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
} as const

const condition = z.strictObject(
  {
    // CAST: an object's keys are the enum's values
    condition: z.enum(Object.keys(conditions) as (keyof typeof conditions)[], {
      error: `must be one of ${Object.keys(conditions).join(', ')}`,
    }),
    required: z.literal(true, 'must be true: every service of a lease is started').optional(),
    restart: z.literal(false, 'is not supported: a service is not restarted with another').optional(),
  },
  'must be a map with a condition',
)
const dependencyMap = z
  .record(z.string(), condition)
  .transform((map) =>
    Object.entries(map).map(
      ([service, { condition }]): WrittenDependency => ({ service, until: conditions[condition], at: service }),
    ),
  )
const dependencyList = z
  .array(z.string('must be the name of a service'), 'must be a list or a map of services')
  .transform((list) => list.map((service, at): WrittenDependency => ({ service, until: 'started', at })))

export const dependsOn = shaped<WrittenDependency[]>((value) =>
  Array.isArray(value) || typeof value !== 'object' ? dependencyList : dependencyMap,
)

/** Compose's `restart`; `never` is what it does unless told. */
export const restart = z
  .union([z.string(), z.literal(false)], { error: 'must be a text' })
  .transform((written, context): Restart | 'never' => {
    const match = /^(?:(no)|(always|unless-stopped)|on-failure(?::([1-9]\d{0,5}))?)$/.exec(
      written === false ? 'no' : written,
    )
    if (!match) {
      context.addIssue({ code: 'custom', message: 'must be no, always, on-failure, on-failure:3 or unless-stopped' })
      return z.NEVER
    }
    const [, no, always, times] = match
    if (no) return 'never'
    if (always) return { when: 'always' }
    return times === undefined ? { when: 'failed' } : { when: 'failed', maxRetries: Number(times) }
  })

const whens = { none: 'never', 'on-failure': 'failed', any: 'always' } as const

/** `deploy.restart_policy`: the same in other words. */
export const restartPolicy = z
  .strictObject(
    {
      condition: z.enum(['none', 'on-failure', 'any'], { error: 'must be none, on-failure or any' }).default('any'),
      max_attempts: z.int('must be a whole number').min(1, 'must be at least 1').max(1_000_000).optional(),
      delay: duration.optional(),
      window: duration.optional(),
    },
    'must be a map',
  )
  .transform(({ condition, max_attempts }): Restart | 'never' => {
    const when = whens[condition]
    if (when === 'never') return when
    return max_attempts === undefined ? { when } : { when, maxRetries: max_attempts }
  })
