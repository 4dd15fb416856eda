import type { Hex } from 'viem'
import type { JobSpec } from '../manifest/jobSchemas.ts'
import { taskSeed } from './sampling.ts'

/** Where a task finds its input, and where it writes. */
export const INPUT_PATH = '/input'
export const OUTPUT_PATH = '/output'

export type TaskPlace = {
  /** The order's digest. */
  order: Hex
  /** Which of the job's tasks, from 0. */
  task: number
}

/**
 * What a task finds in its environment: its service's own variables, and these over them. It is the same for whoever runs the task,
 * the provider or a validator.
 *
 * @example
 * taskEnvironment(job, service.env, { order, task: 7 })
 * // { …, TENDER_TASK: '7', TENDER_TASKS: '100', TENDER_ITEM: 'frames/7.json', TENDER_INPUT: '/input', TENDER_OUTPUT: '/output', TENDER_SEED: '0x…' }
 */
export function taskEnvironment(
  { tasks }: Pick<JobSpec, 'tasks'>,
  variables: Readonly<Record<string, string>>,
  { order, task }: TaskPlace,
): Record<string, string> {
  const item = typeof tasks === 'number' ? String(task) : tasks[task]
  if (item === undefined) throw new RangeError(`the job has no task ${task}`)
  return {
    ...variables,
    TENDER_TASK: String(task),
    TENDER_TASKS: String(typeof tasks === 'number' ? tasks : tasks.length),
    TENDER_ITEM: item,
    TENDER_INPUT: INPUT_PATH,
    TENDER_OUTPUT: OUTPUT_PATH,
    TENDER_SEED: taskSeed(order, task),
  }
}
