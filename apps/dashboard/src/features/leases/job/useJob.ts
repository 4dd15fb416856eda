import { useQueries, useQuery } from '@tanstack/react-query'
import type { JobDetail, LeaseDetail } from '@tender/api'
import { useMemo } from 'react'
import { jobQuery, orderQuery } from '../../../shared/api/queries.ts'

/** A job's lease among all leases of its order, which share its tasks. */
export type JobParts = {
  /** In the order of the tasks that they have: part i has the tasks t with t modulo the parts = i. */
  parts: readonly JobDetail[]
  /** The one whose page it is. */
  own: JobDetail
}

/** Reads all jobs of a lease's order. */
export function useJob(lease: LeaseDetail) {
  const order = useQuery(orderQuery(lease.order))
  const ids = order.data?.leases ?? []
  const jobs = useQueries({ queries: ids.map((id) => jobQuery(id)) })
  const read = jobs.flatMap(({ data }) => data ?? [])
  const error = order.error ?? jobs.find((job) => job.error && !job.data)?.error ?? null
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is made anew each time; its jobs are not
  const data = useMemo<JobParts | undefined>(() => {
    const parts = read.toSorted((one, other) => one.index - other.index)
    const own = parts.find((job) => job.lease === lease.id)
    return own && parts.length === ids.length ? { parts, own } : undefined
  }, [lease.id, ids.length, ...read])
  return {
    data,
    error: data ? null : error,
    retry() {
      void order.refetch()
      for (const job of jobs) void job.refetch()
    },
  }
}
