import { TenderError } from '@tender/protocol'
import type Docker from 'dockerode'
import { z } from 'zod'

/** What the engine says about itself. */
export const engineInfoSchema = z.object({
  ServerVersion: z.string().max(128),
  OSType: z.string().max(64),
  DockerRootDir: z.string().max(4_096),
  Driver: z.string().max(64),
  NCPU: z.int().positive(),
  MemTotal: z.int().positive(),
  MemoryLimit: z.boolean(),
  PidsLimit: z.boolean(),
  CpuCfsQuota: z.boolean(),
  CgroupVersion: z.string().max(16).optional(),
  SecurityOptions: z.array(z.string().max(256)).max(64).nullish(),
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
})
export type EngineInfo = z.infer<typeof engineInfoSchema>

const LIMIT_MS = 20_000

/** Asks the engine, for at most 20 s. @throws {TenderError} `engineUnreachable` */
export async function askEngine(engine: Docker, signal: AbortSignal): Promise<EngineInfo> {
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
  try {
    // CAST: dockerode's types leave out that every call takes options
    const info = engine.info.bind(engine) as (options: { abortSignal: AbortSignal }) => Promise<unknown>
    return engineInfoSchema.parse(await info({ abortSignal }))
  } catch (error) {
    signal.throwIfAborted()
    throw new TenderError('the Docker engine does not answer', {
      code: 'engineUnreachable',
      class: 'network',
      hint: 'Is dockerd running, and may the agent use its socket? Try: docker info',
      cause: error,
    })
  }
}

/** Earlier ones change the modes of the host's files when a tenant copies (CVE-2021-41089). */
const LEAST_VERSION = [20, 10, 9]

/** Why hostile workloads must not run on this engine; `undefined` if they may. */
export function engineFault(info: EngineInfo, runtime: string | undefined): string | undefined {
  const options = info.SecurityOptions ?? []
  const seccomp = options.find((option) => option.startsWith('name=seccomp'))
  if (info.OSType !== 'linux') return `the Docker engine runs ${info.OSType} containers`
  if (isOlder(info.ServerVersion)) return `Docker ${info.ServerVersion} is older than ${LEAST_VERSION.join('.')}`
  if (!info.MemoryLimit || !info.PidsLimit || !info.CpuCfsQuota)
    return 'the kernel or its cgroups cannot limit memory, processes and CPU time'
  if (!seccomp || seccomp.includes('unconfined')) return 'the Docker engine runs containers without a seccomp profile'
  if (options.includes('name=rootless')) return 'a rootless Docker engine has no networks that a firewall can guard'
  if (runtime !== undefined && !(runtime in (info.Runtimes ?? {}))) return `the Docker engine has no runtime ${runtime}`
  return undefined
}

function isOlder(version: string): boolean {
  const parts = (/^\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number)
  const index = LEAST_VERSION.findIndex((least, place) => (parts[place] ?? 0) !== least)
  return index >= 0 && (parts[index] ?? 0) < (LEAST_VERSION[index] ?? 0)
}
