import { fork } from 'node:child_process'
import { once } from 'node:events'
import { TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { CapacityTask } from './protocols/capacity.ts'

/** Work for {@link solveCapacity}. */
export type CapacityWork = {
  task: CapacityTask
  provider: bigint
  /** Units that are worked on at once. */
  threads: number
}

/**
 * Works out the tags of a task, in a process of its own that gives way to everything else of its host: it runs when nothing else
 * wants to, and is the first to go when memory runs out. When aborted nothing of it is left.
 *
 * @throws {TenderError} `capacityFailed` if the host cannot do it, as when its memory is not there
 */
export async function solveCapacity({ task, provider, threads }: CapacityWork, signal: AbortSignal): Promise<Hex[]> {
  signal.throwIfAborted()
  const child = fork(`${import.meta.dirname}/solveCapacityChild.ts`, {
    execArgv: [],
    env: { PATH: process.env.PATH, UV_THREADPOOL_SIZE: String(threads) },
    serialization: 'advanced',
    // What it has to say of its end is in its exit.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    const ended = once(child, 'exit', { signal })
    const answered = once(child, 'message', { signal })
    ended.catch(() => {})
    answered.catch(() => {})
    child.send({ task, provider, threads })
    const [tags] = await Promise.race([answered, ended.then(([code, by]) => Promise.reject(failed(code, by)))])
    return tags
  } finally {
    child.kill('SIGKILL')
  }
}

function failed(code: number | null, by: string | null): TenderError {
  return new TenderError(`the work on a capacity task ended before its end (${by ?? code})`, {
    code: 'capacityFailed',
    class: 'provider',
    data: { code, by },
  })
}
