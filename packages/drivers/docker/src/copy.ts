import { posix } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type LeaseId, PathNotFoundError } from '@tender/driver'
import { TenderError } from '@tender/protocol'
import type Docker from 'dockerode'
import { z } from 'zod'
import { execIn } from './exec.ts'
import type { Owner } from './isolation/types.ts'
import { safeTar } from './safeTar.ts'
import { statusOf } from './statusOf.ts'

export type CopyLimits = {
  /** Of one copy, in either direction. */
  readonly maxBytes: number
  readonly limitMs: number
}

/** A tunnel carries some 100 MB/s: what takes longer has stopped. */
const LIMITS: CopyLimits = { maxBytes: 64 * 2 ** 30, limitMs: 60 * 60_000 }

const placesSchema = z.object({
  Mounts: z
    .array(z.object({ Destination: z.string().max(4_096), Type: z.string().max(32), RW: z.boolean() }))
    .max(1_024),
  HostConfig: z.object({ Tmpfs: z.record(z.string(), z.string()).nullish() }),
})

/**
 * A file or folder of a container as a tar, its last name at the top. The engine reads it from within the container's root, so a
 * link of the container leads nowhere else. What is in memory (tmpfs) only the container itself can read, by its own `tar`.
 * `signal` covers the whole copy.
 *
 * @throws {PathNotFoundError} there is no such path; it is in memory, and the image has no `tar`
 *
 * @example
 * (await copyFrom(container, leaseId, '/var/lib/data', signal)).pipe(createWriteStream('data.tar'))
 */
export async function copyFrom(
  container: Docker.Container,
  leaseId: LeaseId,
  path: string,
  signal: AbortSignal,
  limits: CopyLimits = LIMITS,
): Promise<Readable> {
  const from = normal(path)
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(limits.limitMs)])
  if ((await memoryPlaces(container)).some((place) => isWithin(from, place)))
    return capped(await readMemory(container, leaseId, from, abortSignal), limits.maxBytes, abortSignal)
  try {
    const tar = await container.getArchive({ path: from, abortSignal })
    return capped(tar, limits.maxBytes, abortSignal)
  } catch (error) {
    abortSignal.throwIfAborted()
    if (statusOf(error) === 404) throw new PathNotFoundError(path, 'no such file or directory', error)
    throw error
  }
}

/**
 * Unpacks a tar into a folder of a container that can be written to: of a volume, by the engine, from within the container's
 * root; of a tmpfs, by the container's own `tar`. Everything becomes `owner`'s; devices are left out, set-id bits dropped, and
 * names that lead upwards are refused. What came before a failure stays. `signal` covers the whole copy.
 *
 * @throws {PathNotFoundError} no such folder, or it cannot be written to
 * @throws {TenderError} `badTar`; `copyTooLarge`
 */
export async function copyInto(
  container: Docker.Container,
  leaseId: LeaseId,
  { path, owner }: { path: string; owner: Owner },
  tar: Readable,
  signal: AbortSignal,
  limits: CopyLimits = LIMITS,
): Promise<void> {
  const to = normal(path)
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(limits.limitMs)])
  const entries = safeTar(capped(tar, limits.maxBytes, abortSignal), owner)
  try {
    if ((await memoryPlaces(container)).some((place) => isWithin(to, place)))
      await writeMemory(container, leaseId, to, entries, abortSignal)
    else await writeVolume(container, to, entries, abortSignal)
  } catch (error) {
    abortSignal.throwIfAborted()
    // The tar's own fault is the cause of whatever the engine says to its end.
    throw entries.errored instanceof TenderError ? entries.errored : error
  } finally {
    entries.destroy()
    tar.destroy()
  }
}

async function writeVolume(
  container: Docker.Container,
  path: string,
  tar: Readable,
  abortSignal: AbortSignal,
): Promise<void> {
  try {
    await container.putArchive(tar, { path, noOverwriteDirNonDir: true, copyUIDGID: true, abortSignal })
  } catch (error) {
    const status = statusOf(error)
    if (status === 404 || status === 400) throw new PathNotFoundError(path, 'no such directory', error)
    // 403: what the engine says of a root or a volume that is read-only; version 20.10 says 500 of the root.
    if (status === 403 || (status === 500 && !(await isVolume(container, path))))
      throw new PathNotFoundError(path, 'is read-only: only volumes and tmpfs can be written to', error)
    throw error
  }
}

async function readMemory(
  container: Docker.Container,
  leaseId: LeaseId,
  path: string,
  signal: AbortSignal,
): Promise<Readable> {
  const command = ['tar', '-C', posix.dirname(path), '-cf', '-', posix.basename(path)]
  const found = await execIn(container, leaseId, { command: ['test', '-e', path] }, signal)
  found.stdin.end()
  for (const side of [found.stdout, found.stderr]) side.resume()
  if ((await found.exit) !== 0) throw new PathNotFoundError(path, 'no such file or directory')
  const session = await execTar(container, leaseId, command, path, signal)
  session.stdin.end()
  session.stderr.resume()
  return session.stdout
}

async function writeMemory(
  container: Docker.Container,
  leaseId: LeaseId,
  path: string,
  tar: Readable,
  signal: AbortSignal,
): Promise<void> {
  const session = await execTar(container, leaseId, ['tar', '-C', path, '-xf', '-'], path, signal)
  session.stdout.resume()
  const said = text(session.stderr)
  try {
    const failure = await pipeline(tar, session.stdin, { signal }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (tar.errored instanceof TenderError) throw tar.errored
    // A program that ends early leaves a broken pipe; why it ended says more.
    if ((await session.exit) !== 0) throw new PathNotFoundError(path, `cannot be written to: ${(await said).trim()}`)
    if (failure !== undefined) throw failure
  } finally {
    session.kill()
  }
}

async function execTar(
  container: Docker.Container,
  leaseId: LeaseId,
  command: readonly string[],
  path: string,
  signal: AbortSignal,
): ReturnType<typeof execIn> {
  try {
    return await execIn(container, leaseId, { command }, signal)
  } catch (error) {
    if (!(error instanceof TenderError) || error.code !== 'startFailed') throw error
    throw new PathNotFoundError(path, 'is in memory, and the image has no tar to reach it with', error)
  }
}

/** At most some thousand characters of what a program says about a failure. */
async function text(stream: Readable): Promise<string> {
  let said = ''
  for await (const piece of stream) if (said.length < 2_000) said += String(piece)
  return said.slice(0, 2_000)
}

/** Where a container has memory in place of its image. The engine's archives see through to what is below. */
async function memoryPlaces(container: Docker.Container): Promise<string[]> {
  const { Mounts, HostConfig } = placesSchema.parse(await container.inspect())
  const mounted = Mounts.flatMap(({ Type, Destination }) => (Type === 'tmpfs' ? [Destination] : []))
  return ['/dev/shm', ...Object.keys(HostConfig.Tmpfs ?? {}), ...mounted].map(normal)
}

async function isVolume(container: Docker.Container, path: string): Promise<boolean> {
  const { Mounts } = placesSchema.parse(await container.inspect())
  return Mounts.some(({ Destination, RW }) => RW && isWithin(path, normal(Destination)))
}

/** Ends with an error once more than so many bytes have passed. */
function capped(stream: NodeJS.ReadableStream, maxBytes: number, signal: AbortSignal): Readable {
  let bytes = 0
  const cap = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length
      if (bytes <= maxBytes) return done(null, chunk)
      done(
        new TenderError(`a copy has more than ${maxBytes} bytes`, {
          code: 'copyTooLarge',
          class: 'limit',
          data: { maxBytes },
        }),
      )
    },
  })
  // Its failure reaches the reader as the failure of `cap`.
  pipeline(stream, cap, { signal }).catch(() => {})
  return cap
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

function normal(path: string): string {
  const clean = posix.normalize(posix.join('/', path))
  return clean.length > 1 ? clean.replace(/\/$/, '') : clean
}
