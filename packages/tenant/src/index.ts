/**
 * What renting takes, apart from where it runs: the command line and a page both build on it. It imports nothing of Node's.
 *
 * A page keeps one agent key for each order in the browser, and its wallet signs: the order here, the match as a transaction.
 *
 * ```ts
 * const market = await createMarketClient({ rpcUrl, book, account: wallet })           // @tender/sdk
 * const node = await createBrowserNode({ privateKey: agentKey, gateway, pipeUrl, … })  // @tender/network/browser
 * await node.start()
 * await reachable(node, signal)              // from now on providers can send their bids
 * const tenant: Tenant = { market, node, records, sources }
 * const plan = await planOf(text, composeSources)
 * const order = await orderOf(market, plan, { agent: node.address, auctionSeconds: 5 })
 * mostCost(order)                            // @tender/protocol: shown before anything is signed
 * const { leases } = await up(tenant, plan, { auctionSeconds: 5, onEvent, signal })    // events: see `UpEvent`
 * ```
 *
 * Later, about one of its leases: `asker` reaches the provider wherever it is, as the order's agent, and its answer goes with
 * `askStatus`, `readLogs`, `openExecChannel`, `askEvidence` of @tender/network/browser; `factsOf` and `viewLease` say how it is.
 */
export { type AuctionOptions, holdAuction } from './auction.ts'
export { type Change, type ChangeKind, type Compared, compareWanted } from './changes.ts'
export { type CheckedEvidence, checkEvidence, verdictWords } from './checkEvidence.ts'
export { type Choice, chooseBids, type JudgedBid } from './choose.ts'
export { chooseService, servicePort } from './chooseService.ts'
export { type CpuCount, cpuInUse } from './cpuInUse.ts'
export { type Delivery, deliver, type SendProgress, waitUntilRunning } from './deliver.ts'
export { describePlan } from './describePlan.ts'
export { canBeMatched, type EarlierOrder, findEarlier } from './findEarlier.ts'
export { findOrder } from './findOrder.ts'
export { findPeer, type SoughtPeer } from './findPeer.ts'
export { ifKnown } from './ifKnown.ts'
export { checkSubmitted, type Submission, submissionOf } from './jobs/checkSubmitted.ts'
export { factsOf, lowBalanceOf } from './leaseFacts.ts'
export { type LeaseFacts, type LeaseView, statusText, viewLease, type WorkloadReport } from './leaseView.ts'
export { findOpened, openLeases } from './match.ts'
export { type MonitorPeers, monitorPeers, type Question, type Reply } from './monitors/askMonitors.ts'
export { eraSources, reportOfEra, standingReports } from './monitors/eraSources.ts'
export { provenLeaves } from './monitors/provenLeaves.ts'
export { type ComposeSources, type Plan, type PlanOptions, planOf } from './plan.ts'
export { type LeaseStep, type PlanStepsOptions, planSteps, type Steps } from './planSteps.ts'
export { type AskerOptions, agentFor, agentOf, asker, checkRuns, manifestOf, type Reach } from './reach.ts'
export { reasonText } from './reasonText.ts'
export {
  ambiguous,
  type OrderRecord,
  orderRecordSchema,
  type ReceivedRecord,
  type Records,
  shortId,
  type TenantLease,
  type TenantRecords,
  tenantLeaseSchema,
  unknown,
} from './records.ts'
export { MAX_SECRET_BYTES } from './sealSecrets.ts'
export { nowSeconds, type Sources, type Tenant } from './tenant.ts'
export {
  clockTime,
  endText,
  endWarning,
  exactTime,
  type Nearness,
  nearness,
  roughly,
  WARN_SECONDS,
} from './timeLeft.ts'
export {
  checkFunds,
  type Deployed,
  type OrderTerms,
  orderOf,
  placeOrder,
  resumeAuction,
  resumeOrder,
  type StepsMs,
  type TakeOptions,
  type UpEvent,
  type UpOptions,
  up,
} from './up.ts'
export { isSameManifest, type UpdateEvent, type UpdateOptions, updateLease } from './updateLease.ts'
