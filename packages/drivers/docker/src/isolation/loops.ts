import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { runCommand } from './runCommand.ts'

/** The kernel lets go of a loop device some moments after its last user. */
const POLL_MS = 50
const RELEASE_MS = 5_000

/** Loop devices that hold a file open: of a mount here, or within a container. */
export async function loopsOf(file: string, signal: AbortSignal): Promise<readonly string[]> {
  const args = ['--associated', file, '--output', 'NAME', '--noheadings']
  const { stdout } = await runCommand('losetup', args, { signal })
  return stdout.split('\n').flatMap((line) => /^\/dev\/loop\d+/.exec(line)?.[0] ?? [])
}

/** True once nothing holds the file open; false if something still does after 5 s. */
export async function released(file: string, signal: AbortSignal): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < RELEASE_MS; waitedMs += POLL_MS) {
    if ((await loopsOf(file, signal)).length === 0) return true
    await delay(POLL_MS, undefined, { signal })
  }
  return false
}

/** True if something is mounted there. `folder` has no symbolic links in it. */
export async function isMounted(folder: string): Promise<boolean> {
  const text = await readFile('/proc/self/mountinfo', 'utf8')
  // The kernel writes spaces and the like as octal numbers.
  const written = folder.replace(/[ \t\n\\]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return text.split('\n').some((line) => line.split(' ')[4] === written)
}
