import { type UseQueryResult, useQueries, useQueryClient } from '@tanstack/react-query'
import type { JobDetail } from '@tender/api'
import { sampledTasks, tasksOfReplica } from '@tender/protocol'
import { useMemo } from 'react'
import { useOpenMarket } from '../../../shared/wallet/useWallet.ts'
import type { PageReach } from '../useReach.ts'
import type { CheckedResult } from './checkJob.ts'
import type { ToldTasks } from './lookAtTasks.ts'
import { type PartTasks, type TaskStates, taskStates } from './taskStates.ts'

/** While tasks are done one after the other, and while there is nothing to see but the end. */
const EVERY_MS = 1_500
const SELDOM_MS = 10_000

/** One lease of a job, with what is known of its tasks. */
export type PartView = {
  job: JobDetail
  /** Null: no key of this browser speaks for it. */
  reach: PageReach | null | undefined
  told: UseQueryResult<ToldTasks>
  checked: UseQueryResult<CheckedResult>
  tasks: PartTasks
}

/** The tasks of an order, as their providers say and, once there is a result, as it was checked here. */
export type TasksView = { parts: readonly PartView[]; states: TaskStates }

/** Asks the providers of an order's leases how far their tasks are, for as long as something changes. */
export function useTasks(parts: readonly JobDetail[], reaches: readonly (PageReach | null | undefined)[]): TasksView {
  const told = useTold(parts, reaches)
  const checked = useChecked(parts, reaches)
  const known = parts.map((job, at) => partTasks(job, parts.length, told[at]?.data, checked[at]?.data))
  const count = parts[0]?.terms?.tasks ?? 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lists are made anew each time; what is in them is not
  const states = useMemo(
    () => taskStates(count, known),
    [count, ...parts, ...told.map(({ data }) => data), ...checked.map(({ data }) => data)],
  )
  const views = parts.flatMap((job, at): PartView[] => {
    const [toldOf, checkedOf, tasks] = [told[at], checked[at], known[at]]
    return toldOf && checkedOf && tasks ? [{ job, reach: reaches[at], told: toldOf, checked: checkedOf, tasks }] : []
  })
  return { parts: views, states }
}

function useTold(parts: readonly JobDetail[], reaches: readonly (PageReach | null | undefined)[]) {
  const queries = useQueryClient()
  return useQueries({
    queries: parts.map((job, at) => {
      const reach = reaches[at]
      const queryKey = ['tasks', job.lease, reach?.agentKey]
      return {
        queryKey,
        enabled: Boolean(reach),
        retry: false,
        refetchInterval: ({ state: { data } }: { state: { data?: ToldTasks | undefined } }) => {
          const all = data !== undefined && data.records.length === data.status.tasks
          if (job.state === 'ended' && (all || data)) return false
          return all ? SELDOM_MS : EVERY_MS
        },
        async queryFn({ signal }: { signal: AbortSignal }): Promise<ToldTasks> {
          if (!reach) throw new Error('the provider cannot be asked from here')
          const { lookAtTasks } = await import('./lookAtTasks.ts')
          return lookAtTasks(reach, queries.getQueryData<ToldTasks>(queryKey), signal)
        },
      }
    }),
  })
}

function useChecked(parts: readonly JobDetail[], reaches: readonly (PageReach | null | undefined)[]) {
  const { data: open } = useOpenMarket()
  return useQueries({
    queries: parts.map((job, at) => {
      const reach = reaches[at]
      return {
        queryKey: ['checkedResult', job.lease, job.result?.tx, reach?.agentKey],
        enabled: Boolean(reach) && job.result !== null && open !== undefined,
        staleTime: Number.POSITIVE_INFINITY,
        retry: 2,
        async queryFn({ signal }: { signal: AbortSignal }): Promise<CheckedResult> {
          if (!reach || !open) throw new Error('the provider cannot be asked from here')
          const { checkJob } = await import('./checkJob.ts')
          return checkJob(open.client, reach, parts.length, signal)
        },
      }
    }),
  })
}

function partTasks(
  job: JobDetail,
  parts: number,
  told: ToldTasks | undefined,
  checked: CheckedResult | undefined,
): PartTasks {
  return {
    leaseId: job.lease,
    index: job.index,
    running: checked ? [] : told?.status.running,
    records: checked?.result.records ?? told?.records ?? [],
    sampled: sampledOf(job, parts),
  }
}

/** Worked out here: the tasks that a draw's seed chooses, and those that were challenged. */
export function sampledOf({ terms, draws, challenge, index }: JobDetail, parts: number): readonly number[] {
  const draw = draws.at(-1)
  if (!terms || !draw) return []
  // CAST: the gateway's schema says that it is a hash
  const drawn = sampledTasks(draw.seed as `0x${string}`, tasksOfReplica(terms.tasks, parts, index), terms.sample)
  return [...new Set([...drawn, ...(challenge?.tasks ?? [])])].sort((one, other) => one - other)
}
