import { useQueries, useQuery } from '@tanstack/react-query'
import type { TaskRecord } from '@tender/protocol'
import { useMemo } from 'react'
import type { PageReach } from '../useReach.ts'
import type { Picture } from './content.ts'
import type { TasksView } from './useTasks.ts'

const kept = { staleTime: Number.POSITIVE_INFINITY, retry: 2 } as const

/** The files of a task's output; what is under a hash never changes. */
export function useFiles(reach: PageReach | undefined, record: TaskRecord | undefined) {
  return useQuery({
    ...kept,
    queryKey: ['output', record?.output, 'files'],
    enabled: reach !== undefined && record !== undefined,
    async queryFn({ signal }) {
      if (!reach || !record) throw new Error('the provider cannot be asked from here')
      const { outputFiles } = await import('./content.ts')
      return outputFiles(reach, record, signal)
    },
  })
}

/** What a task wrote. */
export function useTaskLog(reach: PageReach | undefined, task: number, ended: boolean) {
  return useQuery({
    queryKey: ['taskLog', reach?.record.leaseId, task],
    enabled: reach !== undefined && ended,
    staleTime: 60_000,
    retry: 2,
    async queryFn({ signal }) {
      if (!reach) throw new Error('the provider cannot be asked from here')
      const { taskLog } = await import('./content.ts')
      return (await taskLog(reach, task, signal)) ?? null
    },
  })
}

function picturesQuery(reach: PageReach | undefined, record: TaskRecord | undefined) {
  return {
    ...kept,
    queryKey: ['output', record?.output ?? 'none', 'pictures'],
    enabled: reach !== undefined && record !== undefined,
    async queryFn({ signal }: { signal: AbortSignal }): Promise<Picture[]> {
      if (!reach || !record) throw new Error('the provider cannot be asked from here')
      const { outputPictures } = await import('./content.ts')
      return outputPictures(reach, record, signal)
    },
  }
}

/** The pictures of one task's output. */
export function usePictures(reach: PageReach | undefined, record: TaskRecord | undefined) {
  return useQuery(picturesQuery(reach, record))
}

/** A picture and its task; without a picture where the task is not done, or its output not here yet. */
export type Place = { task: number; picture: Picture | undefined }

/** The pictures of tasks, in their order, and the places of those to come. */
export function useGallery(view: TasksView, tasks: readonly number[]) {
  const wanted = tasks.map((task) => ({ task, record: view.states.recordOf(task), reach: reachOf(view, task) }))
  const read = useQueries({ queries: wanted.map(({ reach, record }) => picturesQuery(reach, record)) })
  const error = read.find((one) => one.error)?.error ?? null
  const loading = read.some(({ isFetching }) => isFetching)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is made anew each time; what is in it is not
  const places = useMemo(
    () =>
      wanted.flatMap(({ task, record }, at): Place[] => {
        const pictures = read[at]?.data
        if (pictures) return pictures.map((picture) => ({ task, picture }))
        return record && read[at]?.isError ? [] : [{ task, picture: undefined }]
      }),
    [tasks, view.states, ...read.map(({ data }) => data), error],
  )
  return { places, error, loading, retry: () => void read.forEach((one) => void one.refetch()) }
}

/** Who can be asked for what is of a task. */
export function reachOf({ states, parts }: TasksView, task: number): PageReach | undefined {
  const part = states.partOf(task)
  return parts.find(({ job }) => job.lease === part?.leaseId)?.reach ?? undefined
}
