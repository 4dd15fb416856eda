import { z } from 'zod'
import { size } from './composeMounts.ts'
import type { ConfigSource, SecretSource } from './parsedCompose.ts'
import { isMap, shaped } from './written.ts'

// What stands beside `services` in a file of containers.

/** A volume at the top of a file. */
export type WrittenVolume = { sizeBytes?: number | undefined }

const noExternal =
  'is not supported: what an earlier lease kept comes along when `tender up` is run again for the same file'
const noOptions = 'is not supported: write x-tender: { size: 10GiB }'
const volumeSchema = z.strictObject({
  'x-tender': z.strictObject({ size }, 'must be a map such as { size: 10GiB }').optional(),
  name: z.unknown().optional(),
  labels: z.unknown().optional(),
  driver: z.literal('local', 'must be local: the provider keeps volumes on its own disks').optional(),
  driver_opts: z.undefined({ error: noOptions }).optional(),
  external: z.literal(false, noExternal).optional(),
})

const volume = shaped<WrittenVolume>((value) =>
  value === null
    ? z.null().transform(() => ({}))
    : volumeSchema.transform((written) => ({ sizeBytes: written['x-tender']?.size })),
)

/** A map of things by name at the top of a file; a map without a value has nothing in it. */
function named<Value>(value: z.ZodType<Value>, what: string) {
  const names = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, `${what} is named by letters, digits, . _ and -`)
  const map = z.record(names, value, 'must be a map')
  return shaped<Record<string, Value>>((written) => (written === null ? z.null().transform(() => ({})) : map))
}

const external = z.literal(false, 'is not supported: a provider knows no such thing of yours').optional()
const sourceKeys = {
  file: z.string('must be a file').min(1).max(4096).optional(),
  environment: z
    .string('must be the name of a variable')
    .regex(/^[A-Za-z_]\w{0,127}$/, 'must be the name of a variable')
    .optional(),
  name: z.unknown().optional(),
  labels: z.unknown().optional(),
  external,
}

function oneSource(
  written: { file?: string | undefined; environment?: string | undefined; content?: string | undefined },
  context: z.core.$RefinementCtx,
  what: string,
): ConfigSource {
  const { file, environment, content } = written
  const given = [file, environment, content].filter((value) => value !== undefined)
  if (given.length !== 1) context.addIssue({ code: 'custom', message: `must have one of ${what}` })
  if (file !== undefined) return { file }
  return environment === undefined ? { content: content ?? '' } : { variable: environment }
}

const secret = z
  .strictObject({ ...sourceKeys, content: z.unknown().optional() }, 'must be a map such as { file: ./token.txt }')
  .transform(({ content, ...written }, context) => {
    if (content !== undefined) {
      const message = 'is not supported: what stands in this file is no secret'
      context.addIssue({ code: 'custom', path: ['content'], message })
      return z.NEVER
    }
    const source = oneSource(written, context, 'file and environment')
    return 'content' in source ? z.NEVER : source
  })
const config = z
  .strictObject(
    { ...sourceKeys, content: z.string('must be a text').optional() },
    'must be a map such as { file: ./app.conf }',
  )
  .transform((written, context) => oneSource(written, context, 'file, content and environment'))

export const volumesAtTop = named<WrittenVolume>(volume, 'a volume')
export const secretsAtTop = named<SecretSource>(secret, 'a secret')
export const configsAtTop = named<ConfigSource>(config, 'a config')

/** Networks as services and files name them: there is one, and nothing to say about it. */
const noNetworks =
  'is not supported: a lease has one private network, in which its services find each other by name. Only default can be named'
const networkNames = z.array(z.string('must be a name')).superRefine((names, context) => {
  for (const [at, name] of names.entries())
    if (name !== 'default') context.addIssue({ code: 'custom', path: [at], message: noNetworks })
})
const networkMap = z.record(z.string(), z.unknown(), 'must be a map').superRefine((networks, context) => {
  for (const [name, settings] of Object.entries(networks)) {
    const empty = settings === null || (isMap(settings) && Object.keys(settings).length === 0)
    const message = name === 'default' ? 'takes no settings here: a lease has one private network' : noNetworks
    if (name !== 'default' || !empty) context.addIssue({ code: 'custom', path: [name], message })
  }
})
export const networks = shaped<unknown>((value) => {
  if (value === null) return z.null()
  return Array.isArray(value) ? networkNames : networkMap
})
