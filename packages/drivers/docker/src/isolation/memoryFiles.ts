import { existsSync, statfsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { TenderError } from '@tender/protocol'
import { createMountedFiles, type LeaseFiles } from './mountedFiles.ts'

export type { LeaseFiles } from './mountedFiles.ts'

/** What statfs calls tmpfs and ramfs. */
const IN_MEMORY = [0x01021994, 0x858458f6]
/** Where systems have memory to write to, in the order in which it is taken. */
const PARENTS = ['/run', '/dev/shm']

/** `/run/tender`, or `/dev/shm/tender` where `/run` is on a disk, as in some virtual machines. */
export function memoryDirectory(): string {
  const [usual = ''] = PARENTS
  return join(PARENTS.find((path) => existsSync(path) && IN_MEMORY.includes(statfsSync(path).type)) ?? usual, 'tender')
}

/**
 * Secrets: below a folder that is in memory, so that they are gone with the host's power. Pages of a tmpfs can be swapped out: a
 * host with swap on a disk should encrypt it, or have none.
 *
 * @example
 * const secrets = createMemoryFiles()
 * const mounts = await secrets.write(leaseId, 'web-1', [{ path: '/run/secrets/key', mode: 0o400, content }], owner, signal)
 */
export function createMemoryFiles({ directory = memoryDirectory() }: { directory?: string } = {}): LeaseFiles {
  return createMountedFiles(directory, checkMemory)
}

async function checkMemory(directory: string): Promise<void> {
  const { type } = await statfs(directory)
  if (IN_MEMORY.includes(type)) return
  throw new TenderError(`${directory} is on a disk, and secrets must not be`, {
    code: 'notInMemory',
    class: 'provider',
    hint: `Mount memory there: mount -t tmpfs -o mode=0700,size=64m tmpfs ${directory}`,
    data: { directory },
  })
}
