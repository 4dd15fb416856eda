import type { JobDetail } from '@tender/api'
import { tasksOfReplica } from '@tender/protocol'

/** Whose tasks are shown: all of the order's, or those of the lease whose page it is. */
export type Scope = 'order' | 'part'

export function scopeOptions(own: Pick<JobDetail, 'index'>): { value: Scope; label: string }[] {
  return [
    { value: 'order', label: 'Whole order' },
    { value: 'part', label: `Part ${own.index + 1}` },
  ]
}

/** The tasks of a scope, rising. @param parts leases of the order @param index of the one whose page it is */
export function tasksIn(scope: Scope, count: number, parts: number, index: number): readonly number[] {
  return scope === 'order' ? tasksOfReplica(count, 1, 0) : tasksOfReplica(count, parts, index)
}
