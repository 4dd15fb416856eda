import { encodeAbiParameters, type Hex, keccak256 } from 'viem'

/** Apart from what draws validators of the same seed. */
const PURPOSE = 'tender.tasks'
const stepParameters = [{ type: 'string' }, { type: 'bytes32' }, { type: 'uint256' }] as const

/**
 * Which of a lease's tasks are re-executed: `sample` of them, each once, rising; all if there are no more. The first `sample` steps
 * of a Fisher-Yates shuffle whose numbers are `keccak256(abi.encode('tender.tasks', seed, step))`; every choice is as likely as every other.
 *
 * @param tasks of this replica, see `tasksOfReplica`
 *
 * @example
 * sampledTasks(seed, tasksOfReplica(100, 2, 0), 3) // [14, 36, 92]
 */
export function sampledTasks(seed: Hex, tasks: readonly number[], sample: number): readonly number[] {
  const rest = [...tasks]
  const count = Math.min(sample, rest.length)
  for (let step = 0; step < count; step++) {
    const place = step + below(seed, step, rest.length - step)
    const [taken, other] = [rest[place], rest[step]]
    if (taken === undefined || other === undefined) throw new RangeError('a step beyond the tasks')
    rest[step] = taken
    rest[place] = other
  }
  return rest.slice(0, count).sort((a, b) => a - b)
}

/** A 256-bit number is so much larger than any count of tasks that its remainder is even. */
function below(seed: Hex, step: number, count: number): number {
  const random = keccak256(encodeAbiParameters(stepParameters, [PURPOSE, seed, BigInt(step)]))
  return Number(BigInt(random) % BigInt(count))
}

const seedParameters = [{ type: 'bytes32' }, { type: 'uint32' }] as const

/** What a task's randomness follows from: the same for whoever executes it, the provider or a validator. */
export function taskSeed(order: Hex, task: number): Hex {
  return keccak256(encodeAbiParameters(seedParameters, [order, task]))
}

/**
 * How likely it is that a sample meets a task that was cheated on.
 *
 * - `exact`: `cheated` of `tasks` and a sample without putting back, as {@link sampledTasks} draws it. This is what is shown.
 * - `formula`: `1 - (1 - c)^k` with c the cheated share and k the sample, as if each were put back. Never above `exact`, and close to
 *   it where there are many tasks.
 *
 * @example
 * chanceToCatch({ tasks: 50, cheated: 10, sample: 5 }) // { exact: 0.689…, formula: 0.672… }
 */
export function chanceToCatch(job: { tasks: number; cheated: number; sample: number }): {
  exact: number
  formula: number
} {
  const { tasks, cheated } = job
  const sample = Math.min(job.sample, tasks)
  let missed = 1
  for (let step = 0; step < sample; step++) missed *= Math.max(0, tasks - cheated - step) / (tasks - step)
  return { exact: 1 - missed, formula: 1 - (1 - cheated / tasks) ** sample }
}
