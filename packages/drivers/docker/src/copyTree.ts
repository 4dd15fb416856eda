import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What a folder holds, without links and devices. */
export type TreeSize = { bytes: number; entries: number }

/** Counts a folder's files. Nobody may change it meanwhile. */
export async function sizeOfTree(folder: string): Promise<TreeSize> {
  let [bytes, entries] = [0, 0]
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isFile()) bytes += (await stat(path)).size
    if (entry.isFile() || entry.isDirectory()) entries += 1
    if (!entry.isDirectory()) continue
    const inner = await sizeOfTree(path)
    bytes += inner.bytes
    entries += inner.entries
  }
  return { bytes, entries }
}

/**
 * Copies a folder's files and folders, and leaves out links and devices, so that nothing outside of it is read. Everybody may read the
 * copies. Nobody may change either folder meanwhile.
 */
export async function copyTree(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isFile()) {
      await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      await chmod(target, 0o644)
    }
    if (!entry.isDirectory()) continue
    await mkdir(target)
    await chmod(target, 0o755)
    await copyTree(source, target)
  }
}

/** Makes the folder, or takes everything out of it. */
export async function emptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true })
}
