import { createMountedFiles, type LeaseFiles } from './mountedFiles.ts'

/**
 * Configs, which are no secrets: below a folder of the disk.
 *
 * @example
 * const configs = createDiskFiles({ directory: '/var/lib/tender/docker/files' })
 */
export function createDiskFiles({ directory }: { directory: string }): LeaseFiles {
  return createMountedFiles(directory, async () => {})
}
