import { writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import type { Hex } from 'viem'
import { capacityTag } from './capacityTag.ts'
import type { CapacityWork } from './solveCapacity.ts'

// The process of `solveCapacity`: takes one piece of work, tells the tags, and ends with its parent.

setPriority(constants.priority.PRIORITY_LOW)
// If memory runs out all the same, this goes before any lease.
if (process.platform === 'linux') writeFileSync('/proc/self/oom_score_adj', '1000')

process.once('message', async (work: CapacityWork) => {
  const tags = await solve(work)
  process.send?.(tags)
})
process.once('disconnect', () => process.exit())

async function solve({ task, provider, threads }: CapacityWork): Promise<Hex[]> {
  const tags: Hex[] = []
  let next = 0
  const worker = async () => {
    for (let unit = next++; unit < task.units; unit = next++) {
      tags[unit] = await capacityTag({ task, provider, unit })
    }
  }
  await Promise.all(Array.from({ length: threads }, worker))
  return tags
}
