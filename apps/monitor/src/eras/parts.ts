import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Collection, Store } from '@tender/kit'
import { bytes32Schema } from '@tender/protocol'
import { type Hex, keccak256 } from 'viem'
import { z } from 'zod'

/** What eras are made of, in files named by their keccak256. */
export type Parts = {
  /** On disk once it returns. @param era with whose data it is kept; of several the newest */
  put(bytes: Uint8Array, era: bigint): Promise<Hex>
  get(hash: Hex): Promise<Uint8Array | undefined>
  /** The same piece by piece, so that no number of slow readers takes memory. */
  pieces(hash: Hex): Promise<AsyncIterable<Uint8Array> | undefined>
  has(hash: Hex): Promise<boolean>
  /** Lets go of what belongs to no era from `era` on. */
  forgetBefore(era: bigint): Promise<void>
}

const partSchema = z.strictObject({ era: z.bigint() })

/** Opens the parts below a directory. What a crash left half written has another name, and is removed. */
export async function openParts(directory: string, store: Store): Promise<Parts> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  for (const name of await readdir(directory)) if (name.includes('.')) await rm(join(directory, name))
  const eras: Collection<{ era: bigint }> = store.collection('parts', partSchema)
  const fileOf = (hash: Hex) => join(directory, bytes32Schema.parse(hash).slice(2))

  async function has(hash: Hex): Promise<boolean> {
    return stat(fileOf(hash)).then(
      () => true,
      (error) => absent(error, false),
    )
  }

  return {
    has,
    async put(bytes, era) {
      const hash = keccak256(bytes)
      const known = eras.get(hash)
      if (!known || known.era < era) eras.set(hash, { era })
      if (!(await has(hash))) await write(fileOf(hash), bytes)
      return hash
    },
    get: (hash) => readFile(fileOf(hash)).catch((error) => absent(error, undefined)),
    pieces: async (hash) => ((await has(hash)) ? piecesOf(fileOf(hash)) : undefined),
    async forgetBefore(era) {
      for (const { key, value } of eras.entries()) {
        if (value.era >= era) continue
        await rm(fileOf(bytes32Schema.parse(key)), { force: true })
        eras.delete(key)
      }
    },
  }
}

async function* piecesOf(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await open(file)
  try {
    yield* handle.createReadStream({ autoClose: false })
  } finally {
    await handle.close()
  }
}

let writes = 0

async function write(file: string, bytes: Uint8Array): Promise<void> {
  writes += 1
  const half = `${file}.${writes}`
  const handle = await open(half, 'w', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(half, file)
}

function absent<T>(error: unknown, value: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return value
  throw error
}
