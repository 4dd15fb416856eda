import { z } from 'zod'
import { type PortRules, portOf } from './composePorts.ts'
import type { ParsedService } from './parsedCompose.ts'
import { cpus, defaultLimits, eitherOf, environment, memory, replicas, words } from './written.ts'

// The part of a Compose service that the Wasm driver can keep to. What is not here is refused.

const portRules: PortRules = {
  udp: 'a Wasm workload serves HTTP only',
  hint: 'Write the port that your program would listen on, like "8080".',
}

const image = z
  .string('must be a local file such as ./app.wasm')
  .regex(
    /^\.{0,2}\/./,
    'must be a local file that begins with ./ such as ./app.wasm: Wasm images from registries are not supported',
  )

const platform = z.literal(
  'wasi/wasm',
  'must be wasi/wasm for a WebAssembly module, linux/amd64 or nothing for a container',
)

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
    ports: z.array(portOf(portRules), 'must be a list').max(1, 'must be one port: an HTTP handler has one').optional(),
    deploy: deploySchema.optional(),
    cpus: cpus.optional(),
    mem_limit: memory.optional(),
  },
  'must be a map',
)

/** The keys that are read at each place. */
export const wasmReadableKeys = {
  '': ['version', 'name', 'x-tender', 'services'],
  'services.*': Object.keys(writtenService.shape),
  'services.*.deploy': Object.keys(deploySchema.shape),
  'services.*.deploy.resources': Object.keys(resourcesSchema.shape),
  'services.*.deploy.resources.limits': Object.keys(limitsSchema.shape),
} as const

/** A service that is a WebAssembly module. */
export const wasmService = writtenService.transform((written, context): ParsedService => {
  const limits = written.deploy?.resources?.limits
  const limit = 'deploy.resources.limits'
  const cpuMillis = eitherOf(['cpus', written.cpus], [`${limit}.cpus`, limits?.cpus], context)
  const memoryBytes = eitherOf(['mem_limit', written.mem_limit], [`${limit}.memory`, limits?.memory], context)
  return {
    image: { kind: 'file', path: written.image },
    args: [...(written.entrypoint ?? []), ...(written.command ?? [])],
    env: written.environment ?? {},
    envFiles: [],
    ports: written.ports ?? [],
    cpuMillis: cpuMillis ?? defaultLimits.cpuMillis,
    memoryBytes: memoryBytes ?? defaultLimits.memoryBytes,
    replicas: written.deploy?.replicas ?? 1,
    gpus: 0,
  }
})
