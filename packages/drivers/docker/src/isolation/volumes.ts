import { existsSync } from 'node:fs'
import { mkdir, readdir, realpath, rename, rm, stat, statfs, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeaseId } from '@tender/driver'
import { TenderError } from '@tender/protocol'
import { isMounted, released } from './loops.ts'
import type { Owner } from './types.ts'
import { imageBytes, makeImage, mountImage, unmountImage, type VolumePlace, volumeBusy } from './volumeImage.ts'

export type VolumeRequest = {
  readonly name: string
  /** Of which the file system itself takes a few hundredths. */
  readonly sizeBytes: number
  /** Of the volume's folder when it is made: the container's user. Absent: root, and everybody may write. */
  readonly owner?: Owner
}

/** Volumes of leases, each a file system of its declared size in a sparse file below `stateDir/volumes`. */
export type Volumes = {
  /**
   * Makes what is missing, takes over what `previous` has under the same names, grows what is smaller, mounts all. Gives the
   * folder of each, by name. Idempotent, and goes on wherever an earlier call was killed. To be called before containers start,
   * also after the host was started anew. Whether this lease's tenant is also `previous`'s is for the caller to know.
   *
   * @throws {TenderError} `volumesUnsupported` not root, or no loop devices; `diskFull` the promises would pass the disk;
   *   `volumeBusy` a container still uses what is to be taken over, or to grow; `volumeDamaged`; `volumeShrinks`; `badVolume` its name
   */
  ensure(
    leaseId: LeaseId,
    volumes: readonly VolumeRequest[],
    options: { previous?: LeaseId },
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>>
  /** Unmounts and keeps. Its containers have to be gone. Idempotent. */
  retire(leaseId: LeaseId, signal: AbortSignal): Promise<void>
  /** Unmounts and removes. Its containers have to be gone. Idempotent. */
  drop(leaseId: LeaseId, signal: AbortSignal): Promise<void>
  /** Leases with volumes here, and the bytes that each was promised. */
  list(): Promise<readonly { leaseId: LeaseId; sizeBytes: number }[]>
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/
const LEASE = /^0x[0-9a-f]{64}$/
/** For the host itself: logs, images. */
const KEEP_FREE_BYTES = 2 ** 30

/**
 * Volumes with limits, for storage drivers that have none. The agent must be in the host's mount namespace (no `PrivateTmp`,
 * `ProtectSystem` or the like in its unit): the engine does not see what is mounted elsewhere.
 *
 * @example
 * const volumes = createVolumes({ stateDir: '/var/lib/tender/docker' })
 * const folders = await volumes.ensure(leaseId, [{ name: 'db', sizeBytes: 2 ** 30 }], {}, signal)
 * folders.get('db') // '/var/lib/tender/docker/volumes/0x…/db/mount/data'
 */
export function createVolumes(options: { stateDir: string; keepFreeBytes?: number }): Volumes {
  const { keepFreeBytes = KEEP_FREE_BYTES } = options
  const root = async (): Promise<string> => {
    const folder = join(options.stateDir, 'volumes')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    // The kernel tells mounts by their real paths.
    return realpath(folder)
  }
  // One at a time: two at once would promise the same free disk.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const next = last.then(task, task)
    last = next.catch(() => {})
    return next
  }
  const unmountAll = async (leaseId: LeaseId, signal: AbortSignal): Promise<string> => {
    const folder = join(await root(), leaseId)
    for (const place of await placesIn(folder)) await unmountImage(place, signal)
    return folder
  }
  return {
    ensure: async (leaseId, volumes, { previous }, signal) => {
      if (volumes.length === 0) return new Map()
      checkHost()
      for (const { name } of volumes) checkName(name)
      return inTurn(async () => {
        const base = await root()
        for (const volume of volumes) {
          const place = placeOf(join(base, leaseId), volume.name)
          await mkdir(place.mount, { recursive: true, mode: 0o700 })
          if (previous !== undefined) await takeOver(placeOf(join(base, previous), volume.name), place, signal)
          await provide(base, place, volume.sizeBytes, keepFreeBytes, signal)
          await mountImage(place, volume.owner, signal)
        }
        return new Map(volumes.map(({ name }) => [name, placeOf(join(base, leaseId), name).data]))
      })
    },
    retire: async (leaseId, signal) => {
      await inTurn(() => unmountAll(leaseId, signal))
    },
    drop: (leaseId, signal) =>
      inTurn(async () => rm(await unmountAll(leaseId, signal), { recursive: true, force: true })),
    list: async () => {
      const leases = await leasesIn(await root())
      return leases.map(({ leaseId, images }) => ({
        leaseId,
        sizeBytes: images.reduce((sum, { size }) => sum + size, 0),
      }))
    },
  }
}

function placeOf(folder: string, name: string): VolumePlace {
  const mount = join(folder, name, 'mount')
  return { name, image: join(folder, name, 'image'), mount, data: join(mount, 'data') }
}

async function placesIn(folder: string): Promise<VolumePlace[]> {
  return (await names(folder)).map((name) => placeOf(folder, name))
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

type LeaseImages = { leaseId: LeaseId; images: { size: number; takenBytes: number }[] }

async function leasesIn(base: string): Promise<LeaseImages[]> {
  const leases = (await names(base)).filter((name): name is LeaseId => LEASE.test(name))
  const found = await Promise.all(
    leases.map(async (leaseId): Promise<LeaseImages> => {
      const places = await placesIn(join(base, leaseId))
      const stats = await Promise.all(places.map(({ image }) => stat(image).catch(() => undefined)))
      const images = stats.flatMap((file) => (file ? [{ size: file.size, takenBytes: file.blocks * 512 }] : []))
      return { leaseId, images }
    }),
  )
  return found.filter(({ images }) => images.length > 0)
}

/** Moves the image of an earlier lease: one rename, so it is always in one place. */
async function takeOver(from: VolumePlace, to: VolumePlace, signal: AbortSignal): Promise<void> {
  if (existsSync(to.image) || !existsSync(from.image)) return
  const wasMounted = await isMounted(from.mount)
  await unmountImage(from, signal)
  if (!(await released(from.image, signal))) {
    // The one who still uses it goes on as before.
    if (wasMounted) await mountImage(from, undefined, signal)
    throw volumeBusy(from)
  }
  await rename(from.image, to.image)
}

/** Makes the image, or its file larger, if the disk has room for all that is promised on it. */
async function provide(
  base: string,
  place: VolumePlace,
  sizeBytes: number,
  keepFreeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const wanted = imageBytes(sizeBytes)
  const held = existsSync(place.image) ? (await stat(place.image)).size : 0
  if (held > wanted)
    throw new TenderError(`volume ${place.name} has ${held} bytes and cannot be made smaller`, {
      code: 'volumeShrinks',
      class: 'user',
      hint: `Declare at least ${held} bytes, or give the volume another name.`,
      data: { volume: place.name, sizeBytes: held, asked: wanted },
    })
  if (held === wanted) return
  const free = await unpromisedBytes(base)
  if (free - (wanted - held) < keepFreeBytes)
    throw new TenderError(`the disk has no room for volume ${place.name} of ${wanted} bytes`, {
      code: 'diskFull',
      class: 'provider',
      data: { volume: place.name, asked: wanted, possible: Math.max(0, free - keepFreeBytes) },
    })
  if (held === 0) await makeImage(place, sizeBytes, signal)
  else await truncate(place.image, wanted)
}

/** Free disk where `volumes` are, less what they were promised and have not used yet. */
export async function unpromisedBytes(base: string): Promise<number> {
  await mkdir(base, { recursive: true, mode: 0o700 })
  const { bavail, bsize } = await statfs(base)
  const images = (await leasesIn(base)).flatMap((lease) => lease.images)
  return images.reduce((free, { size, takenBytes }) => free - Math.max(0, size - takenBytes), bavail * bsize)
}

function checkHost(): void {
  const missing = process.getuid?.() !== 0 ? 'the agent is not root' : 'there is no /dev/loop-control'
  if (process.getuid?.() === 0 && existsSync('/dev/loop-control')) return
  throw new TenderError(`this host cannot give volumes: ${missing}`, {
    code: 'volumesUnsupported',
    class: 'provider',
    hint: 'Run the agent as root, and load the kernel module with: modprobe loop',
  })
}

/** It becomes a name of a folder. */
function checkName(name: string): void {
  if (NAME.test(name)) return
  throw new TenderError(`${JSON.stringify(name.slice(0, 80))} is no name for a volume`, {
    code: 'badVolume',
    class: 'user',
  })
}
