import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes that a file or folder takes on the disk, with all that is in it. What vanishes meanwhile takes nothing. */
export async function readDisk(path: string): Promise<number> {
  try {
    const { blocks } = await lstat(path)
    const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTDIR') return []
      throw error
    })
    const inside = await Promise.all(names.map((name) => readDisk(join(path, name))))
    return inside.reduce((sum, bytes) => sum + bytes, blocks * 512)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}
