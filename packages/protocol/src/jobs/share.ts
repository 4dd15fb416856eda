/**
 * The tasks of one lease of an order, rising: those with `task mod replicas = index`.
 *
 * @example
 * tasksOfReplica(7, 3, 1) // [1, 4]
 */
export function tasksOfReplica(tasks: number, replicas: number, index: number): readonly number[] {
  const count = Math.max(0, Math.ceil((tasks - index) / replicas))
  return Array.from({ length: count }, (_, at) => index + at * replicas)
}
