import { z } from 'zod'
import { InvalidInputError } from '../errors.ts'
import { deploy } from './composeDeploy.ts'
import { dependsOn, duration, healthcheck, restart } from './composeHealth.ts'
import { fileReference, mount, size, tmpfs } from './composeMounts.ts'
import { portOf } from './composePorts.ts'
import { networks } from './composeTop.ts'
import { imageReference } from './imageReference.ts'
import type { WrittenImage } from './parsedCompose.ts'
import { isPlainPath } from './paths.ts'
import { cpus, eitherOf, environment, isMap, localFile, memory, oneOrMany, replicas, shaped, words } from './written.ts'

// A Compose service that is a container, as written. What is not here is refused, see containerKeys.ts.

const image = z
  .string('must be an image such as nginx:1.29 or ./app.tar')
  .transform((written, context): WrittenImage => {
    const refuse = (message: string) => {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    if (/\.wasm$/.test(written)) return refuse('is a WebAssembly module: write platform: wasi/wasm beside it')
    if (/^\.{0,2}\/./.test(written)) return { kind: 'file', path: written }
    if (/\.(tar|tgz|tar\.gz)$/.test(written)) return refuse(`is a file: write ./${written}`)
    try {
      return { kind: 'registry', reference: imageReference(written) }
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      return refuse([error.message, error.hint].filter(Boolean).join('. ').replace(/\.$/, ''))
    }
  })

/** Null is the image's own. */
const program = shaped<string[] | undefined>((value) => (value === null ? z.null().transform(() => undefined) : words))

const envFile = z.strictObject(
  { path: localFile, required: z.boolean('must be true or false').default(true) },
  'must be a map',
)
const envFiles = oneOrMany<{ path: string; required: boolean }>(
  shaped((value) => (isMap(value) ? envFile : localFile.transform((path) => ({ path, required: true })))),
  'a file or a list of files',
)

const port = portOf(
  { udp: 'only TCP reaches a lease', hint: 'Write the port on which your program listens, like "8080".' },
  {
    app_protocol: z.enum(['http', 'tls', 'tcp'], { error: 'must be http, tls or tcp' }).optional(),
    mode: z.unknown().optional(),
    host_ip: z.unknown().optional(),
    name: z.unknown().optional(),
  },
)

const noNewPrivileges = z.literal(
  ['no-new-privileges', 'no-new-privileges:true'],
  'is not supported but for no-new-privileges, which is always so',
)
const alwaysTrue = (what: string) => z.literal(true, `must be true: ${what}`)
const path = z.string('must be a path').refine(isPlainPath, 'must be an absolute path such as /app')
const user = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => /^[a-zA-Z0-9_.-]{1,64}(:[a-zA-Z0-9_.-]{1,64})?$/.test(text), 'must be like 1000, 1000:1000 or app')
const signal = z
  .string('must be a signal such as SIGINT')
  .regex(/^(SIG)?[A-Z][A-Z0-9+]{0,9}$/, 'must be a signal such as SIGINT')
  .transform((name) => (name.startsWith('SIG') ? name : `SIG${name}`))

/** Read, and without effect: `containerKeys.ts` says why. */
const noEffect = {
  annotations: z.unknown().optional(),
  attach: z.unknown().optional(),
  cap_drop: z.unknown().optional(),
  container_name: z.unknown().optional(),
  domainname: z.unknown().optional(),
  expose: z.unknown().optional(),
  hostname: z.unknown().optional(),
  labels: z.unknown().optional(),
  logging: z.unknown().optional(),
  mem_reservation: z.unknown().optional(),
  pull_policy: z.unknown().optional(),
  stdin_open: z.unknown().optional(),
  tty: z.unknown().optional(),
}

export const writtenContainer = z.strictObject(
  {
    platform: z.literal('linux/amd64', 'must be linux/amd64, or wasi/wasm for a WebAssembly module').optional(),
    image,
    entrypoint: program.optional(),
    command: program.optional(),
    environment: environment.optional(),
    env_file: envFiles.optional(),
    ports: z.array(port, 'must be a list').optional(),
    depends_on: dependsOn.optional(),
    healthcheck: healthcheck.optional(),
    configs: z.array(fileReference, 'must be a list').optional(),
    secrets: z.array(fileReference, 'must be a list').optional(),
    volumes: z.array(mount, 'must be a list').optional(),
    tmpfs: oneOrMany(tmpfs, 'a path or a list of paths').optional(),
    shm_size: size.optional(),
    read_only: alwaysTrue('what is not a volume or tmpfs cannot be written to').optional(),
    restart: restart.optional(),
    deploy: deploy.optional(),
    scale: replicas.optional(),
    cpus: cpus.optional(),
    mem_limit: memory.optional(),
    working_dir: path.optional(),
    user: user.optional(),
    init: alwaysTrue('orphans are always taken care of').optional(),
    stop_signal: signal.optional(),
    stop_grace_period: duration.optional(),
    networks: networks.optional(),
    privileged: z.literal(false, 'must be false: what strangers run gets no hold of a host').optional(),
    security_opt: z.array(noNewPrivileges, 'must be a list').optional(),
    ...noEffect,
  },
  'must be a map',
)

export type WrittenContainer = z.output<typeof writtenContainer>

/** The limits and counts that Compose lets one write in two ways. */
export const containerService = writtenContainer.transform((written, context) => {
  const { limits, reservations } = written.deploy?.resources ?? {}
  const limit = 'deploy.resources.limits'
  return {
    ...written,
    cpuMillis: eitherOf(['cpus', written.cpus], [`${limit}.cpus`, limits?.cpus], context),
    memoryBytes: eitherOf(['mem_limit', written.mem_limit], [`${limit}.memory`, limits?.memory], context),
    replicas: eitherOf(['scale', written.scale], ['deploy.replicas', written.deploy?.replicas], context),
    restartWhen: eitherOf(
      ['restart', written.restart],
      ['deploy.restart_policy', written.deploy?.restart_policy],
      context,
    ),
    gpus: reservations?.devices?.[0]?.count ?? 0,
  }
})
export type ContainerService = z.output<typeof containerService>
