import type { Gpu } from '@tender/driver'
import { CommandFailedError, runCommand } from './isolation/runCommand.ts'

const LIMIT_MS = 20_000
const FIELDS = 'uuid,name,memory.total,driver_version'
/** Longest name of a resource class. */
const MOST_CHARACTERS = 32

/** Sizes that cards are sold by, in GB; the driver reports up to a tenth less, as GiB. */
const MARKETED_GB = [
  2, 3, 4, 5, 6, 8, 10, 11, 12, 16, 20, 24, 32, 40, 48, 64, 80, 94, 96, 128, 141, 144, 180, 192, 256, 288, 384, 512,
]

/** Words that say who made it, how it is fitted or how it is sold, not what it can do. */
const NOISE = /^(nvidia|geforce|tesla|quadro|graphics|generation|gpu|sxm\d?|pcie?|hbm\de?|nvl|oam|\d+gb)$/

/**
 * NVIDIA's cards of this host. None if `nvidia-smi` is not there, or says that there is no driver.
 *
 * @throws {TimedOutError} it hangs: a card or its driver is broken
 *
 * @example
 * await detectGpus(signal)
 * // [{ id: 'GPU-5c1f…', resource: 'gpu.nvidia.h200-141gb', memoryBytes: 150754820096, driverVersion: '570.124.06' }]
 */
export async function detectGpus(signal: AbortSignal): Promise<readonly Gpu[]> {
  try {
    const args = [`--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits']
    const { stdout } = await runCommand('nvidia-smi', args, { limitMs: LIMIT_MS, signal })
    return parseGpus(stdout)
  } catch (error) {
    if (error instanceof CommandFailedError) return []
    throw error
  }
}

/** Cards do not come and go, and `nvidia-smi` can take seconds; a card that broke is seen after so long. */
const FRESH_MS = 60_000

/** {@link detectGpus}, asked once a minute at most. */
export function createGpuDetector(): typeof detectGpus {
  let found: { gpus: readonly Gpu[]; untilMs: number } | undefined
  return async (signal) => {
    if (!found || found.untilMs < performance.now())
      found = { gpus: await detectGpus(signal), untilMs: performance.now() + FRESH_MS }
    return found.gpus
  }
}

/** Reads the lines of {@link detectGpus}'s query; a line that is none is left out: what is not understood is not sold. */
export function parseGpus(text: string): readonly Gpu[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', name = '', mebibytes = '', driverVersion = ''] = line.split(',').map((field) => field.trim())
    if (!/^(GPU|MIG)-[\w-]{1,64}$/.test(id) || !/^\d{1,9}$/.test(mebibytes) || !/^[\d.]{1,32}$/.test(driverVersion))
      return []
    const memoryBytes = Number(mebibytes) * 2 ** 20
    return [{ id, resource: gpuResource(name, memoryBytes), memoryBytes, driverVersion }]
  })
}

/**
 * Resource class of a card: vendor, model and the memory that it is sold with. At most 32 characters.
 *
 * @example
 * gpuResource('NVIDIA A100-SXM4-80GB', 81_920 * 2 ** 20) // 'gpu.nvidia.a100-80gb'
 */
export function gpuResource(name: string, memoryBytes: number): string {
  const words = name.toLowerCase().split(/[^a-z0-9]+/)
  const model = words.filter((word) => word !== '' && !NOISE.test(word)).join('')
  const size = `-${marketedGb(memoryBytes)}gb`
  const start = 'gpu.nvidia.'
  return `${start}${(model || 'unknown').slice(0, MOST_CHARACTERS - start.length - size.length)}${size}`
}

/** Drivers report what error correction and firmware leave of it. */
function marketedGb(memoryBytes: number): number {
  const gib = memoryBytes / 2 ** 30
  const distance = (size: number) => Math.abs(size - gib) / size
  const best = MARKETED_GB.reduce((one, other) => (distance(other) < distance(one) ? other : one))
  return distance(best) < 0.1 ? best : Math.max(1, Math.round(gib))
}

/**
 * Variables that every container gets, over its own of the same names: NVIDIA's runtime reads from the environment which cards
 * to give, and an image or a tenant could ask for all of them there.
 *
 * @example
 * gpuEnvironment([]) // { NVIDIA_VISIBLE_DEVICES: 'void' }
 */
export function gpuEnvironment(gpus: readonly string[]): Readonly<Record<string, string>> {
  return { NVIDIA_VISIBLE_DEVICES: gpus.length > 0 ? gpus.join(',') : 'void' }
}
