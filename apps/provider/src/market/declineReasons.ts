import type { Capabilities, HostReport } from '@tender/driver'
import { type Brief, computeUnits, type Order, type RuleBreak, resourceName } from '@tender/protocol'
import { type JobLimits, jobReasons } from '../jobs/jobReasons.ts'
import { gpusOf } from './gpus.ts'
import { refusal } from './refusal.ts'
import type { Capacity } from './sale.ts'

/** What this provider knows of itself when an order arrives. */
export type OwnFacts = {
  /** The driver that runs the brief's kind of workload, if it has one. */
  driver: { capabilities: Capabilities; host: HostReport } | undefined
  /** What it committed of the order's class; `undefined` if it sells none. Times are unix seconds. */
  capacity: Capacity | undefined
  /** Units of the class that this order could have when its auction ends. */
  freeUnits: number
  /** Graphics cards of the order's class that leases have. */
  gpusInUse: number
  /** Whether workloads may reach the internet from here. */
  internet: boolean
  /** Whether it has the volumes that the brief names, and they are the tenant's. */
  hasVolumes: boolean
  /** Most bytes of files it takes with a manifest. */
  maxBlobBytes: number
  /** What it takes of jobs. */
  jobs: JobLimits
  nowSeconds: number
}

/**
 * Why this host cannot serve the order, whatever the price; empty if it can. Rules of the market (price, tier, level,
 * country, …) are checked on the offer itself, by the same code as everywhere. Pure.
 */
export function declineReasons(order: Order, brief: Brief, facts: OwnFacts): RuleBreak[] {
  return [
    ...contradictions(order, brief),
    ...jobReasons(order, brief, facts.jobs, facts.driver?.capabilities),
    ...driverReasons(brief, facts),
    ...hostReasons(order, brief, facts),
    ...capacityReasons(order, facts),
  ]
}

function contradictions(order: Order, brief: Brief): RuleBreak[] {
  const reasons: RuleBreak[] = []
  const resource = resourceName(order.resource)
  if (brief.resource !== resource) {
    reasons.push(refusal('briefResource', 'the brief names another resource class', brief.resource, resource))
  }
  if (brief.gpu !== undefined && resource !== `gpu.${brief.gpu}`) {
    reasons.push(refusal('briefGpu', 'the brief needs a GPU of another class', brief.gpu, resource))
  }
  if (brief.units > order.units) {
    reasons.push(refusal('briefUnits', 'the brief needs more units than the order pays for', brief.units, order.units))
  }
  const { units } = computeUnits(brief)
  if (brief.resource === 'cu' && units > order.units) {
    reasons.push(refusal('briefNeeds', 'the brief needs more than its units hold', units, order.units))
  }
  return reasons
}

/** What no state of the host changes. */
function driverReasons(brief: Brief, { driver, internet, hasVolumes, maxBlobBytes }: OwnFacts): RuleBreak[] {
  if (!driver) return [refusal('driver', `it has no ${brief.driver} driver`, brief.driver)]
  const { containers } = driver.capabilities
  // What a job's tasks are is said of them; its files are in its bundle.
  const reasons = brief.job ? [] : workloadReasons(brief, driver.capabilities, maxBlobBytes)
  if (brief.network !== undefined && !(containers && internet)) {
    const message = containers ? 'its configuration allows no internet' : 'its workloads reach no network'
    reasons.push(refusal('network', message, brief.network))
  }
  if (brief.volumesOf !== undefined && !hasVolumes) {
    reasons.push(refusal('volumes', 'it does not have the volumes of that lease', brief.volumesOf))
  }
  return reasons
}

function workloadReasons(
  brief: Brief,
  { shapes, maxReplicas, maxServices }: Capabilities,
  maxBlobBytes: number,
): RuleBreak[] {
  const reasons: RuleBreak[] = []
  const shape = brief.ports.length > 0 ? 'http' : 'command'
  if (!shapes.includes(shape)) {
    reasons.push(refusal('shape', `its driver runs no workload of shape ${shape}`, shape, shapes.join(', ')))
  }
  const most = maxReplicas * maxServices
  if (brief.containers > most) {
    reasons.push(refusal('containers', 'the workload has more containers than its driver runs', brief.containers, most))
  }
  if (brief.blobBytes > maxBlobBytes) {
    reasons.push(refusal('blobs', 'the files are larger than it takes', brief.blobBytes, maxBlobBytes))
  }
  return reasons
}

function hostReasons(order: Order, brief: Brief, { driver, gpusInUse }: OwnFacts): RuleBreak[] {
  if (!driver) return []
  const { host } = driver
  if (!host.healthy) return [refusal('host', `its host is not healthy: ${host.reason}`)]
  const reasons: RuleBreak[] = []
  const { memoryBytesFree, diskBytesFree } = host
  if (brief.memoryBytes > memoryBytesFree) {
    reasons.push(refusal('memory', 'its host has too little free memory', brief.memoryBytes, memoryBytesFree))
  }
  if (brief.diskBytes > diskBytesFree) {
    reasons.push(refusal('disk', 'its host has too little free disk', brief.diskBytes, diskBytesFree))
  }
  const resource = resourceName(order.resource)
  if (resource.startsWith('gpu.')) {
    const free = Math.max(0, gpusOf(host, resource) - gpusInUse)
    if (order.units > free) reasons.push(refusal('gpu', `it has too few free ${resource}`, order.units, free))
  }
  return reasons
}

function capacityReasons(order: Order, { capacity, freeUnits, nowSeconds }: OwnFacts): RuleBreak[] {
  const resource = resourceName(order.resource)
  if (!capacity || capacity.committedUnits === 0) return [refusal('resource', `it does not sell ${resource}`, resource)]
  const reasons: RuleBreak[] = []
  if (order.units > freeUnits) {
    reasons.push(refusal('units', `it has too few free units of ${resource}`, order.units, freeUnits))
  }
  const left = Math.max(0, capacity.until - nowSeconds)
  if (order.duration > left) {
    reasons.push(refusal('until', 'its capacity is committed for less time', `${order.duration} s`, `${left} s`))
  }
  return reasons
}
