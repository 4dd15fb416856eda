import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What all tasks counted together, and the estimate of pi that follows. */
export type Estimate = { tasks: number; darts: number; inside: number; pi: number; standardError: number }

/** Merges the results of the job in a folder that `tender run --out` filled. */
export async function merge(folder: string): Promise<Estimate> {
  const outputs = join(folder, 'outputs')
  let [tasks, darts, inside] = [0, 0, 0]
  for (const task of await readdir(outputs)) {
    // CAST: the module wrote it
    const counts = JSON.parse(await readFile(join(outputs, task, 'counts.json'), 'utf8')) as Record<string, number>
    tasks++
    darts += counts.darts ?? 0
    inside += counts.inside ?? 0
  }
  const share = inside / darts
  return { tasks, darts, inside, pi: 4 * share, standardError: 4 * Math.sqrt((share * (1 - share)) / darts) }
}

if (import.meta.main) {
  const { tasks, darts, pi, standardError } = await merge(process.argv[2] ?? '.')
  console.log(`pi is ${pi.toFixed(6)} ± ${standardError.toFixed(6)}, by ${darts} darts of ${tasks} tasks`)
}
