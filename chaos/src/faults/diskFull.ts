import { execFile } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Fault } from '../fault.ts'

const run = promisify(execFile)
const COMMAND_TIMEOUT_MS = 10_000

/** Those that are full now: how large they were before, and how many faults they are full for. */
const full = new Map<string, { bytes: number; times: number }>()

/**
 * The disk that a process keeps its state on is full: its file system is made as small as what lies on it, which takes no room
 * itself, and is made as large as before.
 */
export const diskFull: Fault = {
  name: 'diskFull',
  hits: ['relay', 'provider', 'monitor', 'gateway'],
  missing: async (world) => (world.smallDisks ? undefined : 'state directories have no file systems of their own here'),
  async inject(_world, _random, _signal, { stateDir }) {
    const { bsize, blocks, bfree } = await statfs(stateDir)
    const whole = full.get(stateDir) ?? { bytes: blocks * bsize, times: 0 }
    await resize(stateDir, (blocks - bfree) * bsize)
    whole.times += 1
    full.set(stateDir, whole)
    return async () => {
      whole.times -= 1
      if (whole.times > 0) return
      full.delete(stateDir)
      await resize(stateDir, whole.bytes)
    }
  },
}

/** @param bytes 0 would be no limit */
async function resize(folder: string, bytes: number): Promise<void> {
  const size = `remount,size=${Math.max(bytes, 4096)}`
  await run('mount', ['-o', size, folder], { timeout: COMMAND_TIMEOUT_MS })
}
