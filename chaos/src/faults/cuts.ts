import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Fault } from '../fault.ts'
import type { WorldProcess } from '../world/world.ts'

const run = promisify(execFile)
const COMMAND_TIMEOUT_MS = 10_000
const hits = ['relay', 'provider', 'monitor', 'gateway'] as const

type Way = 'INPUT' | 'OUTPUT'

/** Nothing comes in, or nothing gets out, or neither; what the host says to itself is heard. */
function cutOf(name: string, ways: readonly Way[]): Fault {
  return {
    name,
    hits,
    missing: async (world) => (world.namespaces ? undefined : 'processes share one network here'),
    async inject(_world, _random, _signal, target) {
      for (const way of ways) await filter(target, '-I', way)
      return async () => {
        for (const way of ways) await filter(target, '-D', way)
      }
    },
  }
}

async function filter({ namespace }: WorldProcess, how: '-I' | '-D', way: Way): Promise<void> {
  if (namespace === undefined) return
  const device = way === 'INPUT' ? '-i' : '-o'
  const rule = ['iptables', '-w', how, way, '!', device, 'lo', '-j', 'DROP']
  await run('ip', ['netns', 'exec', namespace, ...rule], { timeout: COMMAND_TIMEOUT_MS })
}

/** Network cuts, both ways and one way, of one process from everybody, its chain included. */
export const cuts: readonly Fault[] = [
  cutOf('cut', ['INPUT', 'OUTPUT']),
  cutOf('cutIn', ['INPUT']),
  cutOf('cutOut', ['OUTPUT']),
]
