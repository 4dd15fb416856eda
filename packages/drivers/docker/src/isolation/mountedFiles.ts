import { chmod, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeaseId, MountedFile } from '@tender/driver'
import { TenderError } from '@tender/protocol'
import type { HostMount, Owner } from './types.ts'

/** Files of leases that containers see read-only. */
export type LeaseFiles = {
  /**
   * Writes the files of one set of containers and gives their mounts. `scope` tells apart what must not be replaced while
   * containers see it, e.g. a service and a hash of its configuration. Idempotent.
   *
   * @throws {TenderError} `notInMemory` the folder is not what it must be; `badScope`
   */
  write(
    leaseId: LeaseId,
    scope: string,
    files: readonly MountedFile[],
    owner: Owner,
    signal: AbortSignal,
  ): Promise<readonly HostMount[]>
  /** Removes one scope, or everything of the lease. Idempotent. */
  remove(leaseId: LeaseId, scope?: string): Promise<void>
}

const NAME = /^[a-zA-Z0-9._-]{1,128}$/

/**
 * Files below `directory`, numbered: their names say nothing about them. `check` is asked before each write.
 *
 * @example
 * const files = createMountedFiles('/var/lib/tender/docker/files', async () => {})
 */
export function createMountedFiles(directory: string, check: (directory: string) => Promise<void>): LeaseFiles {
  return {
    write: async (leaseId, scope, files, owner, signal) => {
      const folder = join(directory, checked(leaseId), checked(scope))
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await check(directory)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const mounts: HostMount[] = []
      for (const [index, file] of files.entries()) {
        signal.throwIfAborted()
        const source = join(folder, `${index}`)
        await place(source, file, owner)
        mounts.push({ source, target: file.path, readOnly: true })
      }
      return mounts
    },
    remove: (leaseId, scope) =>
      rm(join(directory, checked(leaseId), scope === undefined ? '.' : checked(scope)), {
        recursive: true,
        force: true,
      }),
  }
}

/** It appears whole, and never with a wider mode than it is to have. */
async function place(path: string, { content, mode }: MountedFile, { uid, gid }: Owner): Promise<void> {
  const draft = `${path}.new`
  await rm(draft, { force: true })
  await writeFile(draft, content, { mode: 0o600, flag: 'wx' })
  await chown(draft, uid, gid)
  await chmod(draft, mode & 0o777)
  await rename(draft, path)
}

/** It becomes a name of a folder. */
function checked(name: string): string {
  if (NAME.test(name) && !/^\.+$/.test(name)) return name
  throw new TenderError(`${JSON.stringify(name.slice(0, 80))} is no name for files`, {
    code: 'badScope',
    class: 'internal',
  })
}
