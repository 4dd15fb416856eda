/** As the contract has it. */
export const MOST_CHALLENGED = 16

/**
 * Reads task numbers as people write them: `3, 17`.
 *
 * @param own whether a task is one of the lease's
 * @returns the numbers, or what is wrong with them
 */
export function taskNumbers(written: string, own: (task: number) => boolean): { tasks: number[] } | { error: string } {
  const parts = written.split(/[\s,]+/).filter((part) => part !== '')
  if (parts.length === 0) return { error: 'Name one task at least.' }
  if (!parts.every((part) => /^\d{1,6}$/.test(part))) return { error: 'Write numbers, like 3, 17.' }
  const tasks = [...new Set(parts.map(Number))]
  if (tasks.length > MOST_CHALLENGED) return { error: `At most ${MOST_CHALLENGED} tasks can be named.` }
  const foreign = tasks.find((task) => !own(task))
  return foreign === undefined ? { tasks } : { error: `Task ${foreign} is not one of this part.` }
}
