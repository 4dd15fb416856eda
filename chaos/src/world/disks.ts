import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const COMMAND_TIMEOUT_MS = 20_000

/** Enough for all that a process keeps in an hour; it is only taken from the memory as it is used. */
const SIZE = '512m'

/** State directories of the world's processes. */
export type Disks = {
  /** True if each is a small file system of its own. */
  readonly small: boolean
  /** An empty state directory for a process. */
  add(folder: string): Promise<string>
  /** Takes the file systems away; what was on them stays in the run's folder if it is to be looked at. */
  close(keep: boolean): Promise<void>
}

/** @param small root on Linux: mounts a `tmpfs` for each */
export function createDisks(small: boolean): Disks {
  const mounted: string[] = []
  return {
    small,
    async add(folder) {
      const stateDir = join(folder, 'state')
      await mkdir(stateDir, { recursive: true, mode: 0o700 })
      if (small) {
        await mount('mount', '-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', stateDir)
        mounted.push(stateDir)
      }
      return stateDir
    },
    async close(keep) {
      for (const stateDir of mounted.splice(0)) {
        if (keep) await mount('cp', '-a', stateDir, `${stateDir}.kept`)
        await mount('umount', '-l', stateDir)
        if (keep) await mount('sh', '-c', 'rmdir "$0" && mv "$0.kept" "$0"', stateDir)
      }
    },
  }
}

async function mount(command: string, ...args: string[]): Promise<void> {
  await run(command, args, { timeout: COMMAND_TIMEOUT_MS })
}
