import { z } from 'zod'
import { badText } from '../decimal.ts'
import { parseCpus, parseSize } from '../units.ts'
import { envNamePattern, MAX_SERVICES } from './manifest.ts'
import { readText } from './readText.ts'
import { shellWords } from './shellWords.ts'

// The part of a Compose service that the Wasm driver can keep to. What is not here is refused.

/** What a service gets if the file sets no limit. */
export const defaultLimits = { cpuMillis: 1000, memoryBytes: 512 * 1024 ** 2 } as const

const text = (what: string) => z.string(`must be ${what}`)

const words = z
  .union([z.null(), z.string(), z.array(z.string())], { error: 'must be a text or a list of texts' })
  .transform((value, context) => {
    if (typeof value !== 'string') return value ?? []
    const split = shellWords(value)
    if (split) return split
    context.addIssue({ code: 'custom', message: 'a quote is left open' })
    return z.NEVER
  })

const envValue = z.union([z.string(), z.number(), z.boolean()], {
  error: 'must have a value: taking it from your own environment is not supported, since a provider has another one',
})
const envMap = z.record(z.string(), envValue.transform(String))
const envList = z.array(z.string('must be like NAME=value'))

/** Map or list (`NAME=value`), as a map. */
const environment = z.unknown().transform((value, context): Record<string, string> => {
  const list = Array.isArray(value)
  const result = list ? envList.safeParse(value) : envMap.safeParse(value ?? {})
  if (!result.success) {
    for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', path, message })
    return z.NEVER
  }
  const variables = new Map<string, string>()
  for (const [place, entry] of Object.entries(result.data)) {
    const [name, assigned] = list ? splitOnce(entry, '=') : [place, entry]
    const refuse = (message: string) =>
      context.addIssue({ code: 'custom', path: [list ? Number(place) : place], message })
    if (assigned === undefined)
      refuse(`${name} must have a value: taking it from your own environment is not supported`)
    // An object would take this one for its prototype.
    else if (!envNamePattern.test(name) || name === '__proto__') refuse(`"${name}" is not a variable's name`)
    else if (variables.has(name)) refuse(`${name} is there twice`)
    else variables.set(name, assigned)
  }
  return Object.fromEntries(variables)
})

function splitOnce(value: string, separator: string): [string, string | undefined] {
  const at = value.indexOf(separator)
  return at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + separator.length)]
}

/** A port with what the file says about the host's side, which has no effect. */
export type WrittenPort = { target: number; published?: string | undefined }

function readPort(value: string): WrittenPort {
  const match = /^(?:(?:(?:\[[^\]]*\]|[\d.]+):)?(\d+)?:)?(\d+)(?:\/(\w+))?$/.exec(value)
  const hint = 'Write the port that your program would listen on, like "8080".'
  if (!match) throw badText('a port', value, 'it takes one number (ranges are not supported)', hint)
  const target = Number(match[2])
  if (match[3] !== undefined && match[3] !== 'tcp')
    throw badText('a port', value, 'a Wasm workload serves HTTP only', hint)
  if (target < 1 || target > 65_535) throw badText('a port', value, 'it is not from 1 to 65535', hint)
  return { target, published: match[0].includes(':') ? value.slice(0, value.lastIndexOf(':')) : undefined }
}

const longPort = z.strictObject(
  {
    target: z.int('must be a port').min(1).max(65_535),
    published: z.union([z.string(), z.int()], { error: 'must be a port' }).optional(),
    protocol: z.literal('tcp', 'must be tcp: a Wasm workload serves HTTP only').optional(),
  },
  'must be a port',
)
const shortPort = readText('a port such as 8080', readPort)

const port = z.unknown().transform((value, context): WrittenPort => {
  const result = typeof value === 'object' ? longPort.safeParse(value) : shortPort.safeParse(value)
  if (!result.success) {
    for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', path, message })
    return z.NEVER
  }
  const data: { target: number; published?: string | number | undefined } = result.data
  return { target: data.target, published: data.published === undefined ? undefined : String(data.published) }
})

const image = text('a local file such as ./app.wasm').regex(
  /^\.{0,2}\/./,
  'must be a local file that begins with ./ such as ./app.wasm: Wasm images from registries are not supported',
)

const platform = z.literal('wasi/wasm', 'must be wasi/wasm: only Wasm workloads run for now')

const cpus = readText('a number of cores such as 0.5', parseCpus)
const memory = readText('a size such as 512m', parseSize).refine((bytes) => bytes > 0, 'must be more than nothing')
const replicas = z.int('must be a whole number').min(1, 'must be at least 1').max(1024, 'must be at most 1024')

const limitsSchema = z.strictObject({ cpus: cpus.optional(), memory: memory.optional() }, 'must be a map')
const resourcesSchema = z.strictObject({ limits: limitsSchema.optional() }, 'must be a map')
const deploySchema = z.strictObject(
  { resources: resourcesSchema.optional(), replicas: replicas.optional() },
  'must be a map',
)

const writtenService = z.strictObject(
  {
    platform,
    image,
    entrypoint: words.optional(),
    command: words.optional(),
    environment: environment.optional(),
    ports: z.array(port, 'must be a list').max(1, 'must be one port: an HTTP handler has one').optional(),
    deploy: deploySchema.optional(),
    cpus: cpus.optional(),
    mem_limit: memory.optional(),
  },
  'must be a map',
)

/** The keys that are read at each place below a service. */
export const readableKeys = {
  service: Object.keys(writtenService.shape),
  deploy: Object.keys(deploySchema.shape),
  resources: Object.keys(resourcesSchema.shape),
  limits: Object.keys(limitsSchema.shape),
} as const

/** A service of a Compose file whose image has yet to be read. */
export type ParsedService = {
  /** The local file of its image, as written. */
  image: string
  args: string[]
  env: Record<string, string>
  /** The HTTP handler's port; absent for a command that runs to its end. */
  port?: WrittenPort | undefined
  cpuMillis: number
  memoryBytes: number
  replicas: number
}

const serviceSchema = writtenService.transform((written, context): ParsedService => {
  const limits = written.deploy?.resources?.limits
  const twice = (key: string, other: string) =>
    context.addIssue({ code: 'custom', path: [key], message: `is also given as ${other}; keep one` })
  if (written.cpus !== undefined && limits?.cpus !== undefined) twice('cpus', 'deploy.resources.limits.cpus')
  if (written.mem_limit !== undefined && limits?.memory !== undefined)
    twice('mem_limit', 'deploy.resources.limits.memory')
  return {
    image: written.image,
    args: [...(written.entrypoint ?? []), ...(written.command ?? [])],
    env: written.environment ?? {},
    port: written.ports?.[0],
    cpuMillis: written.cpus ?? limits?.cpus ?? defaultLimits.cpuMillis,
    memoryBytes: written.mem_limit ?? limits?.memory ?? defaultLimits.memoryBytes,
    replicas: written.deploy?.replicas ?? 1,
  }
})

/** All services by name. */
export const servicesSchema = z
  .record(
    z.string().regex(/^[a-zA-Z0-9._-]{1,63}$/, 'a service is named by letters, digits, . _ and -'),
    serviceSchema,
    {
      error: 'must be a map of services',
    },
  )
  .refine((services) => Object.keys(services).length > 0, 'must have a service')
  .refine((services) => Object.keys(services).length <= MAX_SERVICES, `must have at most ${MAX_SERVICES} services`)
