import type { LeaseFiles } from './memoryFiles.ts'

/** Configs: below a folder of the disk, e.g. `stateDir/files`. */
export declare function createDiskFiles(options: { directory: string }): LeaseFiles
