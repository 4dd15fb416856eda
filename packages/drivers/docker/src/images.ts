import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Image } from '@tender/driver'
import { TenderError, TimedOutError } from '@tender/protocol'
import { z } from 'zod'
import { type Engine, ignore } from './engine.ts'
import { checkRegistry } from './registries.ts'
import { type ImageLimits, InvalidImageError, scanImage, withoutNames } from './scanImage.ts'
import { statusOf } from './statusOf.ts'

/** What an image says about its containers. */
export type ImageFacts = {
  /** The engine's, by its content. Names of images can be moved, this cannot. */
  readonly id: string
  readonly stopSignal: string
  /** Folders for which the engine would make volumes of its own. */
  readonly volumes: readonly string[]
  /** Unpacked. */
  readonly bytes: number
  /** It has a healthcheck of its own. */
  readonly hasHealthcheck: boolean
  /** How often it is made; 0 for the engine's default. */
  readonly healthIntervalMs: number
}

export type ImagesOptions = {
  readonly engine: Engine
  readonly stateDir: string
  readonly limits: ImageLimits
  /** Registries that may have a private address, as `host` or `host:port`. */
  readonly registries: readonly string[]
  /** Free disk that is left over, whatever is fetched. */
  readonly keepFreeBytes: number
}

/** The images that this driver brought to the engine. */
export type Images = {
  /** Finds, loads or fetches. @throws {InvalidImageError} {TenderError} `diskFull`; {TimedOutError} */
  ensure(image: Image, signal: AbortSignal): Promise<ImageFacts>
  /** Removes those that are not in `used` and that no container has. The operator's own are left alone. */
  tidy(used: ReadonlySet<string>): Promise<void>
  /** Keeps one from being tidied away for so long from now on. */
  spare(id: string, ms: number): void
}

const NANOSECONDS = 1_000_000
const MOST_CONFIG_CHARACTERS = 128 * 2 ** 10
const PULL_MS = 15 * 60_000
const LOAD_MS = 10 * 60_000

const factsSchema = z.object({
  Id: z.string(),
  Os: z.string(),
  Architecture: z.string(),
  Size: z.number(),
  Config: z
    .object({
      StopSignal: z.string().nullish(),
      Volumes: z.record(z.string(), z.unknown()).nullish(),
      Healthcheck: z.object({ Test: z.array(z.string()).nullish(), Interval: z.number().optional() }).nullish(),
    })
    .nullish(),
})
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
/** As image names have it. */
export const architecture = architectures[process.arch] ?? process.arch

/** What a crash of the host left of a note may be anything. */
const noteSchema = z.string().transform((text, context) => {
  try {
    return z.object({ id: z.string() }).parse(JSON.parse(text))
  } catch {
    context.addIssue('no note')
    return z.NEVER
  }
})
const progressSchema = z.object({
  stream: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ total: z.number().optional() }).nullish(),
})
type Progress = z.infer<typeof progressSchema>

/** @example const { id } = await images.ensure({ kind: 'file', path: '/blobs/3f…' }, signal) */
export function createImages(options: ImagesOptions): Images {
  const { engine, stateDir } = options
  const folder = join(stateDir, 'images')
  const sparedUntilMs = new Map<string, number>()
  const inspect = (name: string): Promise<ImageFacts | undefined> => factsOf(engine, name)
  /** Written before the image is there, so that it is never forgotten. */
  const note = async (key: string, id: string) => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(join(folder, key), JSON.stringify({ id }), { mode: 0o600 })
  }
  const noted = async (key: string): Promise<string | undefined> => {
    const text = await readFile(join(folder, key), 'utf8').catch(() => '')
    return noteSchema.safeParse(text).data?.id
  }

  const fromFile = async (path: string, signal: AbortSignal): Promise<ImageFacts> => {
    const { size, mtimeMs } = await stat(path)
    const key = `file-${digest(`${path} ${size} ${mtimeMs}`)}`
    const known = await noted(key)
    const there = known && (await inspect(known))
    if (there) return there
    const scanned = await scanImage(path, options.limits, signal)
    const present = await inspect(scanned.id)
    if (present) return present
    await checkDisk(await rootOf(options), options.keepFreeBytes)
    await note(key, scanned.id)
    const loaded = await load(engine, path, signal)
    if (loaded !== scanned.id) await note(key, loaded)
    return (await inspect(loaded)) ?? missing(loaded)
  }

  const fromRegistry = async (reference: string, signal: AbortSignal): Promise<ImageFacts> => {
    await checkRegistry(reference, options.registries, signal)
    const key = `pull-${digest(reference)}`
    const known = await noted(key)
    const there = known && (await inspect(known))
    if (there) return there
    const present = await inspect(reference)
    if (present) return present
    await pull(options, reference, signal)
    const pulled = (await inspect(reference)) ?? missing(reference)
    await note(key, pulled.id)
    if (pulled.bytes <= options.limits.bytes) return pulled
    await remove(engine, reference)
    throw new InvalidImageError('the image is larger than this host takes')
  }

  return {
    ensure: async (image, signal) =>
      image.kind === 'file' ? fromFile(image.path, signal) : fromRegistry(image.reference, signal),
    tidy: async (used) => {
      for (const key of await readdir(folder).catch(() => [])) {
        const id = await noted(key)
        if (id !== undefined && (used.has(id) || performance.now() < (sparedUntilMs.get(id) ?? 0))) continue
        // 409: a container has it, or another name.
        const kept = id !== undefined && (await remove(engine, id))
        if (!kept) await rm(join(folder, key), { force: true })
      }
    },
    spare: (id, ms) => void sparedUntilMs.set(id, performance.now() + ms),
  }
}

/** True if it has to stay. */
async function remove({ calls }: Engine, id: string): Promise<boolean> {
  try {
    await calls.getImage(id).remove({ force: false })
    return false
  } catch (error) {
    if (statusOf(error) === 409) return true
    ignore(404)(error)
    return false
  }
}

async function factsOf({ calls }: Engine, name: string): Promise<ImageFacts | undefined> {
  const found = await calls.getImage(name).inspect().catch(ignore(404))
  if (found === undefined) return undefined
  const { Id, Os, Architecture, Size, Config } = factsSchema.parse(found)
  // The engine repeats it at each look at each container.
  if (JSON.stringify(found).length > MOST_CONFIG_CHARACTERS)
    throw new InvalidImageError('the configuration of the image is larger than this host takes')
  if (Os !== 'linux' || (Architecture !== '' && Architecture !== architecture))
    throw new InvalidImageError(`the image is for ${Os}/${Architecture}, this host runs linux/${architecture}`)
  return {
    id: Id,
    stopSignal: Config?.StopSignal ?? '',
    volumes: Object.keys(Config?.Volumes ?? {}),
    bytes: Size,
    hasHealthcheck: (Config?.Healthcheck?.Test ?? []).length > 0,
    healthIntervalMs: (Config?.Healthcheck?.Interval ?? 0) / NANOSECONDS,
  }
}

async function load(engine: Engine, path: string, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOAD_MS)])
  const output = await engine.streams
    .loadImage(withoutNames(path, limit), { quiet: true, abortSignal: limit })
    .catch((error: unknown) => {
      throw asInvalid(error)
    })
  let id: string | undefined
  await eachProgress(output, limit, ({ stream = '', error }) => {
    if (error !== undefined) throw new InvalidImageError(`the image cannot be loaded: ${error.slice(0, 500)}`)
    id = /sha256:[0-9a-f]{64}/.exec(stream)?.[0] ?? id
  })
  return id ?? missing(path)
}

async function pull(options: ImagesOptions, reference: string, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(PULL_MS)
  const both = AbortSignal.any([signal, limit])
  const { streams } = options.engine
  const layers = new Map<string, number>()
  const root = await rootOf(options)
  try {
    const output = await streams
      .createImage({ fromImage: reference, platform: `linux/${architecture}`, abortSignal: both })
      .catch((error: unknown) => {
        // 500: it has asked the registry in vain.
        throw statusOf(error) === 500 ? unfetched(reference, error) : asInvalid(error)
      })
    await eachProgress(output, both, async ({ id, error, progressDetail }) => {
      if (error !== undefined) throw unfetched(reference, new Error(error.slice(0, 500)))
      if (id !== undefined && progressDetail?.total) layers.set(id, progressDetail.total)
      const bytes = [...layers.values()].reduce((sum, size) => sum + size, 0)
      if (bytes > options.limits.bytes) throw new InvalidImageError('the image is larger than this host takes')
      await checkDisk(root, options.keepFreeBytes)
    })
  } catch (error) {
    if (limit.aborted && !signal.aborted) throw new TimedOutError(`the registry of ${reference}`, { limitMs: PULL_MS })
    throw error
  }
}

/** Ending the stream early makes the engine give up what it does. */
async function eachProgress(
  output: NodeJS.ReadableStream,
  signal: AbortSignal,
  use: (progress: Progress) => void | Promise<void>,
): Promise<void> {
  let rest = ''
  for await (const chunk of output) {
    signal.throwIfAborted()
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') await use(progressSchema.parse(JSON.parse(line)))
  }
  signal.throwIfAborted()
}

/** Where the engine keeps images. */
async function rootOf({ engine, stateDir }: ImagesOptions): Promise<string> {
  return z.object({ DockerRootDir: z.string().catch(stateDir) }).parse(await engine.calls.info()).DockerRootDir
}

/** One in so many of a disk's files is left over. */
const LEAST_FREE_FILES = 50

/** Images grow while they are unpacked, by how much nobody says before. */
async function checkDisk(root: string, keepFreeBytes: number): Promise<void> {
  const disk = await statfs(root).catch(() => undefined)
  // Some file systems have no fixed number of files.
  const hasFiles = !disk || disk.files === 0 || disk.ffree > disk.files / LEAST_FREE_FILES
  if (!disk || (hasFiles && disk.bavail * disk.bsize >= keepFreeBytes)) return
  throw new TenderError('the disk of this host has no room for the image', { code: 'diskFull', class: 'provider' })
}

function asInvalid(error: unknown): unknown {
  // 400: no image, or no reference; 404: the registry has none.
  return [400, 404].includes(statusOf(error)) && error instanceof Error
    ? new InvalidImageError(error.message.slice(0, 500), error)
    : error
}

function unfetched(reference: string, cause: unknown): TenderError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new TenderError(`${reference} could not be fetched: ${why}`, {
    code: 'imageUnreachable',
    class: 'network',
    cause,
  })
}

function missing(name: string): never {
  throw new TenderError(`the engine has no image ${name} after it said so`, { code: 'imageMissing', class: 'provider' })
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
