import type { Capabilities, WorkloadSpec } from './types.ts'

/**
 * Why a driver with these capabilities cannot run the workload, or `undefined` if it can. Pure: the agent asks before it
 * bids, the driver again before it starts.
 *
 * @example
 * unsupported(driver.capabilities, spec)
 * // 'it has 3 services, the most is 1'
 */
export function unsupported(capabilities: Capabilities, spec: Pick<WorkloadSpec, 'services'>): string | undefined {
  const { services } = spec
  if (services.length === 0) return 'it has no service'
  if (services.length > capabilities.maxServices) {
    return `it has ${services.length} services, the most is ${capabilities.maxServices}`
  }
  for (const { name, shape, replicas } of services) {
    if (!capabilities.shapes.includes(shape)) return `service ${name} is of shape ${shape}`
    if (replicas > capabilities.maxReplicas) {
      return `service ${name} asks ${replicas} replicas, the most is ${capabilities.maxReplicas}`
    }
  }
  return undefined
}
