import { type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query'
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
  const jobs = useQueries({ queries: ids.map((id) => jobQuery(id)), combine: together })
  const data = useMemo<JobParts | undefined>(() => {
    const parts = jobs.read.toSorted((one, other) => one.index - other.index)
    const own = parts.find((job) => job.lease === lease.id)
    return own && parts.length === ids.length ? { parts, own } : undefined
  }, [lease.id, ids.length, jobs.read])
  return {
    data,
    error: data ? null : (order.error ?? jobs.error),
    retry() {
      void order.refetch()
      jobs.retry()
    },
  }
}

function together(jobs: readonly UseQueryResult<JobDetail>[]) {
  return {
    read: jobs.flatMap(({ data }) => data ?? []),
    error: jobs.find(({ error, data }) => error && !data)?.error ?? null,
    retry: () => void jobs.map((job) => job.refetch()),
  }
}
