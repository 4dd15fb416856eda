import { type IsMonitor, type NetworkNode, serveCapacity, serveChallenges } from '@tender/network'
import { marketDomain } from '@tender/protocol'
import { answerChallenge, type ChallengeOptions } from './answerChallenge.ts'
import { type CapacityDeskOptions, createCapacityDesk } from './capacityDesk.ts'

export type ServeMonitorsOptions = Omit<ChallengeOptions, 'domain'> &
  CapacityDeskOptions & { node: NetworkNode; isMonitor: IsMonitor }

/** Answers the market's monitors, and nobody else: how leases are, and what capacity is there. */
export async function serveMonitors(options: ServeMonitorsOptions): Promise<void> {
  const { node, isMonitor } = options
  const challenged = { ...options, domain: marketDomain(node.market) }
  const desk = createCapacityDesk(options)
  await serveChallenges(node, {
    isMonitor,
    answer: (request, _caller, signal) => answerChallenge(challenged, request, signal),
  })
  await serveCapacity(node, { isMonitor, work: (task, _caller, signal) => desk.work(task, signal) })
}
