import { chmod, chown, mkdir, open, rename, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { TenderError } from '@tender/protocol'
import { isMounted, loopsOf, released } from './loops.ts'
import { CommandFailedError, runCommand } from './runCommand.ts'
import type { Owner } from './types.ts'

/** Where the parts of one volume are. */
export type VolumePlace = {
  readonly name: string
  /** The file that holds the file system. */
  readonly image: string
  /** Where it is mounted. */
  readonly mount: string
  /** What containers see: not the top, where ext4 keeps `lost+found`, and absent as long as nothing is mounted. */
  readonly data: string
}

/** Repairing a large file system takes its time. */
const LONG_MS = 10 * 60_000
const BLOCK_BYTES = 4_096
/** The smallest that ext4 makes sense in. */
const LEAST_BYTES = 2 ** 20

const OPTIONS = ['loop', 'nosuid', 'nodev', 'noatime', 'noinit_itable', 'errors=remount-ro']

/** The bytes that an image of a volume has: whole blocks. */
export function imageBytes(sizeBytes: number): number {
  return Math.max(LEAST_BYTES, Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES)
}

/** Makes the image if there is none; it appears whole. */
export async function makeImage({ image }: VolumePlace, sizeBytes: number, signal: AbortSignal): Promise<void> {
  const draft = `${image}.new`
  await rm(draft, { force: true })
  await (await open(draft, 'wx', 0o600)).close()
  await truncate(draft, imageBytes(sizeBytes))
  const lazy = 'lazy_itable_init=1,lazy_journal_init=1,nodiscard'
  const args = ['-q', '-F', '-b', `${BLOCK_BYTES}`, '-m', '0', '-E', lazy, draft]
  await runCommand('mkfs.ext4', args, { limitMs: LONG_MS, signal })
  await rename(draft, image)
}

/** Grows the file system to the file's size, mounts it where it is not yet, and makes the containers' folder. */
export async function mountImage(place: VolumePlace, owner: Owner | undefined, signal: AbortSignal): Promise<void> {
  const { image, mount } = place
  await mkdir(mount, { recursive: true, mode: 0o700 })
  const { bytes, isClean } = await readSuperblock(place)
  if (bytes < (await stat(image)).size) await grow(place, signal)
  if (!(await isMounted(mount))) {
    const inUse = (await loopsOf(image, signal)).length > 0
    if (!isClean && !inUse) await repair(place, signal)
    await attach(place, inUse, signal)
  }
  await makeData(place, owner)
}

async function attach(place: VolumePlace, inUse: boolean, signal: AbortSignal): Promise<void> {
  const args = ['-t', 'ext4', '-o', OPTIONS.join(','), place.image, place.mount]
  try {
    await runCommand('mount', args, { signal })
  } catch (error) {
    if (!(error instanceof CommandFailedError) || inUse) throw error
    await repair(place, signal)
    await runCommand('mount', args, { signal })
  }
}

/** Only what can be mended without a choice. */
async function repair(place: VolumePlace, signal: AbortSignal): Promise<void> {
  try {
    await runCommand('e2fsck', ['-f', '-p', place.image], { limitMs: LONG_MS, signal })
  } catch (error) {
    // 1: there were errors, and they are mended.
    if (error instanceof CommandFailedError && error.data.code !== 1) throw damaged(place, error)
    if (!(error instanceof CommandFailedError)) throw error
  }
}

/** While nothing uses it: growing in use needs rights that a confined agent may lack. Interrupted, it is repaired and gone on with. */
async function grow(place: VolumePlace, signal: AbortSignal): Promise<void> {
  const wasMounted = await isMounted(place.mount)
  await unmountImage(place, signal)
  if (!(await released(place.image, signal))) {
    if (wasMounted) await attach(place, true, signal)
    throw volumeBusy(place)
  }
  await repair(place, signal)
  await runCommand('resize2fs', [place.image], { limitMs: LONG_MS, signal })
}

/** A container still has its file system. */
export function volumeBusy({ name }: VolumePlace): TenderError {
  return new TenderError(`volume ${name} is still in use`, {
    code: 'volumeBusy',
    class: 'conflict',
    hint: 'Stop the containers that use it first.',
    data: { volume: name },
  })
}

async function makeData({ mount, data }: VolumePlace, owner: Owner | undefined): Promise<void> {
  if (await stat(data).catch(() => undefined)) return
  // It appears with the right owner. Containers never see what is beside it.
  const draft = join(mount, '.new')
  await mkdir(draft, { recursive: true })
  await chmod(draft, owner ? 0o755 : 0o1777)
  if (owner) await chown(draft, owner.uid, owner.gid)
  await rename(draft, data)
}

/** Unmounts all that is mounted there; a file that somebody of the host still has open does not hold it up. */
export async function unmountImage({ mount }: VolumePlace, signal: AbortSignal): Promise<void> {
  while (await isMounted(mount)) {
    const plain = await runCommand('umount', [mount], { signal }).catch((error) => error)
    if (plain instanceof CommandFailedError) await runCommand('umount', ['--lazy', mount], { signal })
    else if (plain instanceof Error) throw plain
  }
}

const SUPERBLOCK = { at: 1_024, bytes: 1_024, magic: 0xef53, cleanState: 1 }

/** @throws {TenderError} `volumeDamaged` if it is none */
async function readSuperblock(place: VolumePlace): Promise<{ bytes: number; isClean: boolean }> {
  const block = Buffer.alloc(SUPERBLOCK.bytes)
  const file = await open(place.image, 'r')
  try {
    await file.read(block, 0, SUPERBLOCK.bytes, SUPERBLOCK.at)
  } finally {
    await file.close()
  }
  if (block.readUInt16LE(0x38) !== SUPERBLOCK.magic) throw damaged(place, undefined)
  const blocks = block.readUInt32LE(0x04) + block.readUInt32LE(0x150) * 2 ** 32
  // Not after an error, nor after an interrupted change of its size. What only a journal has to mend counts as clean.
  const isClean = block.readUInt16LE(0x3a) === SUPERBLOCK.cleanState
  return { bytes: blocks * 2 ** (10 + block.readUInt32LE(0x18)), isClean }
}

function damaged({ name, image }: VolumePlace, cause: unknown): TenderError {
  return new TenderError(`the file system of volume ${name} is damaged`, {
    code: 'volumeDamaged',
    class: 'provider',
    hint: `Look at it with: e2fsck -f ${image}`,
    data: { volume: name },
    cause,
  })
}
