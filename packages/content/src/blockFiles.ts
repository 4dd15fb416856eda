import { mkdirSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mapAtOnce } from './atOnce.ts'
import { isIntact } from './cid.ts'
import { StoreFullError } from './errors.ts'

/** Blocks as files, and what the quota knows of them. Keys are digests, see `keyOf`. */
export type BlockFiles = {
  /** Whether it is there. Keeps it from a collection as long as a `writing` runs that began before. */
  touch(key: string): boolean
  /** Its size; `undefined` if it is not there. */
  size(key: string): number | undefined
  /** The bytes, checked: what a power cut left half written is forgotten and answered with `undefined`. */
  read(key: string): Promise<Uint8Array | undefined>
  /** Bytes that were checked against the key. @throws {StoreFullError} */
  write(key: string, bytes: Uint8Array): Promise<void>
  /** Puts on the disk what the kernel may still hold. */
  sync(keys: readonly string[]): Promise<void>
  /** Runs `work`; meanwhile no collection removes what was touched or written since it began. */
  writing<Result>(work: () => Promise<Result>): Promise<Result>
  /** Begins a collection: `sweep` removes everything that was not touched since and that `keep` does not name. */
  startSweep(): (keep: ReadonlySet<string>, signal: AbortSignal) => Promise<{ blocks: number; bytes: number }>
  usedBytes(): number
}

/** What a file takes on a disk, however small. */
const DISK_BLOCK_BYTES = 4096

/** Removals between two looks at whether somebody else has work to do. */
const SWEEP_STEP = 64

const SYNCS_AT_ONCE = 16

/** To write so little, to the kernel's memory, takes less than to have another thread do it. */
const SMALL_BYTES = 16 * 1024

/** The digest of no bytes. */
const EMPTY_KEY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

type Known = { bytes: number; touched: number }

const diskBytes = (bytes: number) => Math.max(1, Math.ceil(bytes / DISK_BLOCK_BYTES)) * DISK_BLOCK_BYTES

/** Opens the folder, which one process has to itself. What a killed process left half written is removed. */
export function openBlockFiles(dir: string, limitBytes: number): BlockFiles {
  const blocksDir = join(dir, 'blocks')
  const unfinishedDir = join(dir, 'unfinished')
  rmSync(unfinishedDir, { recursive: true, force: true })
  for (const each of [blocksDir, unfinishedDir]) mkdirSync(each, { recursive: true, mode: 0o700 })
  const known = readKnown(blocksDir)
  const folders = new Set(readdirSync(blocksDir))
  const writings = new Set<number>()
  let used = [...known.values()].reduce((sum, { bytes }) => sum + diskBytes(bytes), 0)
  let clock = 0
  let files = 0

  const fileOf = (key: string) => join(blocksDir, key.slice(0, 2), key)

  function forget(key: string): number {
    const bytes = known.get(key)?.bytes
    if (bytes === undefined) return 0
    known.delete(key)
    used -= diskBytes(bytes)
    // At once, so that nobody can write the same block between the two.
    unlinkSync(fileOf(key))
    return bytes
  }

  function touch(key: string): boolean {
    const block = known.get(key)
    if (block) block.touched = clock
    return block !== undefined
  }

  async function writeFileOf(key: string, bytes: Uint8Array): Promise<void> {
    const folder = key.slice(0, 2)
    if (!folders.has(folder)) await mkdir(join(blocksDir, folder), { recursive: true, mode: 0o700 })
    folders.add(folder)
    const unfinished = join(unfinishedDir, String(++files))
    try {
      if (bytes.byteLength <= SMALL_BYTES) {
        writeFileSync(unfinished, bytes, { mode: 0o600 })
        renameSync(unfinished, fileOf(key))
        return
      }
      await writeFile(unfinished, bytes, { mode: 0o600 })
      await rename(unfinished, fileOf(key))
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }

  return {
    touch,
    size: (key) => known.get(key)?.bytes,
    usedBytes: () => used,

    async read(key) {
      if (!touch(key)) return undefined
      const bytes = await readFile(fileOf(key)).catch(absentFile)
      if (bytes && (await isIntact(key, bytes))) return bytes
      if (known.has(key) && bytes) forget(key)
      return undefined
    },

    async write(key, bytes) {
      if (touch(key)) return
      const needed = diskBytes(bytes.byteLength)
      if (used + needed > limitBytes) {
        throw new StoreFullError({ usedBytes: used, limitBytes, neededBytes: bytes.byteLength })
      }
      used += needed
      try {
        await writeFileOf(key, bytes)
      } catch (error) {
        used -= needed
        throw error
      }
      // Two may have written the same block at once.
      if (touch(key)) used -= needed
      else known.set(key, { bytes: bytes.byteLength, touched: clock })
    },

    async sync(keys) {
      await mapAtOnce(SYNCS_AT_ONCE, keys, (key) => syncPath(fileOf(key)))
      const changed = new Set(keys.map((key) => dirname(fileOf(key))))
      await mapAtOnce(SYNCS_AT_ONCE, [...changed, blocksDir], syncPath)
    },

    async writing(work) {
      const since = ++clock
      writings.add(since)
      try {
        return await work()
      } finally {
        writings.delete(since)
      }
    },

    startSweep() {
      const since = Math.min(++clock, ...writings)
      return async (keep, signal) => {
        const removed = { blocks: 0, bytes: 0 }
        for (const [key, { touched }] of known) {
          if (touched >= since || keep.has(key)) continue
          removed.bytes += forget(key)
          removed.blocks++
          if (removed.blocks % SWEEP_STEP === 0) await new Promise((resolve) => setImmediate(resolve))
          signal.throwIfAborted()
        }
        return removed
      }
    },
  }
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

function readKnown(blocksDir: string): Map<string, Known> {
  const known = new Map<string, Known>()
  for (const folder of readdirSync(blocksDir)) {
    for (const key of readdirSync(join(blocksDir, folder))) {
      const { size } = statSync(join(blocksDir, folder, key))
      // What a power cut left of a block that was not pinned.
      if (size === 0 && key !== EMPTY_KEY) rmSync(join(blocksDir, folder, key))
      else known.set(key, { bytes: size, touched: 0 })
    }
  }
  return known
}

function absentFile(error: unknown): undefined {
  // A collection may have taken it in between.
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}
