import type { Capabilities, HostReport } from '@tender/driver'
import { type Brief, computeUnits, type Order, type RuleBreak, resourceName } from '@tender/protocol'

/** What this provider knows of itself when an order arrives. */
export type OwnFacts = {
  /** The driver that runs the brief's kind of workload, if it has one. */
  driver: { capabilities: Capabilities; host: HostReport } | undefined
  /** What it committed of the order's class; `undefined` if it sells none. Times are unix seconds. */
  capacity: { committedUnits: number; leasedUnits: number; until: number } | undefined
  /** Most bytes of files it takes with a manifest. */
  maxBlobBytes: number
  nowSeconds: number
}

/**
 * Why this host cannot serve the order, whatever the price; empty if it can. Rules of the market (price, tier, level,
 * country, …) are checked on the offer itself, by the same code as everywhere. Pure.
 */
export function declineReasons(order: Order, brief: Brief, facts: OwnFacts): RuleBreak[] {
  return [
    ...contradictions(order, brief),
    ...unservedReasons(brief),
    ...hostReasons(brief, facts),
    ...capacityReasons(order, facts),
  ]
}

function contradictions(order: Order, brief: Brief): RuleBreak[] {
  const reasons: RuleBreak[] = []
  if (brief.resource !== resourceName(order.resource)) {
    reasons.push(
      refusal('briefResource', 'the brief names another resource class', brief.resource, resourceName(order.resource)),
    )
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

/** Needs that the manifest's format foresees and no driver serves yet. */
function unservedReasons({ gpu, network, volumesOf }: Brief): RuleBreak[] {
  return [
    ...(gpu ? [refusal('gpu', 'it has no GPU', gpu)] : []),
    ...(network ? [refusal('network', 'its workloads reach no network', network)] : []),
    ...(volumesOf ? [refusal('volumes', 'it keeps no volumes', volumesOf)] : []),
  ]
}

function hostReasons(brief: Brief, { driver, maxBlobBytes }: OwnFacts): RuleBreak[] {
  if (!driver) return [refusal('driver', `it has no ${brief.driver} driver`, brief.driver)]
  const { capabilities, host } = driver
  const reasons: RuleBreak[] = []
  if (!host.healthy) reasons.push(refusal('host', `its host is not healthy: ${host.reason}`))
  else if (brief.memoryBytes > host.memoryBytesFree) {
    reasons.push(refusal('memory', 'its host has too little free memory', brief.memoryBytes, host.memoryBytesFree))
  } else if (brief.diskBytes > host.diskBytesFree) {
    reasons.push(refusal('disk', 'its host has too little free disk', brief.diskBytes, host.diskBytesFree))
  }
  const shape = brief.ports.length > 0 ? 'http' : 'command'
  if (!capabilities.shapes.includes(shape)) {
    reasons.push(
      refusal('shape', `its driver runs no workload of shape ${shape}`, shape, capabilities.shapes.join(', ')),
    )
  }
  if (brief.containers > capabilities.maxReplicas * capabilities.maxServices) {
    const most = capabilities.maxReplicas * capabilities.maxServices
    reasons.push(refusal('containers', 'the workload has more containers than its driver runs', brief.containers, most))
  }
  if (brief.blobBytes > maxBlobBytes) {
    reasons.push(refusal('blobs', 'the files are larger than it takes', brief.blobBytes, maxBlobBytes))
  }
  return reasons
}

function capacityReasons(order: Order, { capacity, nowSeconds }: OwnFacts): RuleBreak[] {
  const resource = resourceName(order.resource)
  if (!capacity || capacity.committedUnits === 0) return [refusal('resource', `it does not sell ${resource}`, resource)]
  const free = capacity.committedUnits - capacity.leasedUnits
  const reasons: RuleBreak[] = []
  if (order.units > free) reasons.push(refusal('units', `it has too few free units of ${resource}`, order.units, free))
  const left = Math.max(0, capacity.until - nowSeconds)
  if (order.duration > left) {
    reasons.push(refusal('until', 'its capacity is committed for less time', `${order.duration} s`, `${left} s`))
  }
  return reasons
}

function refusal(rule: string, message: string, asked?: string | number, possible?: string | number): RuleBreak {
  return {
    rule,
    message,
    ...(asked !== undefined && { asked: String(asked) }),
    ...(possible !== undefined && { possible: String(possible) }),
  }
}
