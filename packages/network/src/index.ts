export { type CapacityUnit, capacityTag, capacityTagSync } from './capacityTag.ts'
export type { GossipCounts, NetworkCounts } from './counts.ts'
export { destroyOnAbort, duplexOver, joinDuplexes } from './duplex.ts'
export { BadFrameError, BusyError, ConnectionLostError, DeniedError, RefusedError, TooLargeError } from './errors.ts'
export type { Frames } from './frames.ts'
export type { Content, Received, Topic } from './gossip.ts'
export { InvalidGossipError } from './gossipRule.ts'
export { createNetworkNode } from './hostPlatform.ts'
export {
  addressOfPeer,
  addressOfPublicKey,
  dialableAt,
  ForeignKeyError,
  peerIdOfPrivateKey,
  peerIdOfPublicKey,
  publicKeyOfPeer,
} from './identity.ts'
export type { LeaseBook, LeaseRecord, SignedSession } from './leaseAccess.ts'
export type { LeaseRequest } from './leaseStream.ts'
export type { Log } from './log.ts'
export { MAX_SECRETS_BYTES } from './manifestFrames.ts'
export type { Caller, Market, MarketView } from './market.ts'
export type { IsMonitor } from './monitorGate.ts'
export type { NetworkNode, NetworkOptions, ServeLimits, StreamHandler } from './node.ts'
export {
  type Consent,
  type ConsentOptions,
  type Proposal,
  type Refusal,
  sendProposal,
  sendSuspicion,
  serveProposals,
  serveSuspicions,
} from './protocols/agreement.ts'
export { type SignedBatchHeader, sendBatchHeader, serveBatchHeaders } from './protocols/batches.ts'
export { type BidReceipt, type ReceivedAnswer, sendBid, serveBids } from './protocols/bid.ts'
export { askBlocks, type Block, serveBlocks } from './protocols/blocks.ts'
export { askCapacity, type CapacityTask, MAX_TASK_UNITS, serveCapacity } from './protocols/capacity.ts'
export {
  askChallenge,
  type Challenge,
  type ChallengeReply,
  type ProvenAnswer,
  type SignedStarted,
  serveChallenges,
} from './protocols/challenge.ts'
export { type CopyPlace, copyIn, copyOut, serveCopies } from './protocols/copies.ts'
export {
  askEvidence,
  evidenceHash,
  type LeaseEvidence,
  leaseEvidenceSchema,
  MAX_EVIDENCE_LINE_CHARACTERS,
  MAX_EVIDENCE_LINES,
  serveEvidence,
} from './protocols/evidence.ts'
export { openExec, type RemoteExec, serveExec } from './protocols/exec.ts'
export type { RemoteCommand } from './protocols/execKind.ts'
export { type IngressRequest, openIngress, serveIngress } from './protocols/ingress.ts'
export {
  askJobStatus,
  type JobPhase,
  type JobStatus,
  jobPhases,
  MAX_JOB_RECORDS,
  serveJobStatus,
} from './protocols/jobStatus.ts'
export {
  askLeaves,
  type LeafSubject,
  type LeavesRequest,
  MAX_LEAF_LEASES,
  type ProvenLeaf,
  type ProvenLeaves,
  serveLeaves,
} from './protocols/leaves.ts'
export {
  type LogLine,
  type LogsRequest,
  MAX_SEALED_LOG_BYTES,
  packLogLines,
  readLogs,
  type SealedLogLines,
  serveLogs,
  type Unseal,
} from './protocols/logs.ts'
export { type ManifestDelivery, type ManifestReceipt, sendManifest } from './protocols/manifest.ts'
export { askObservations, type LeaseObservations, type SeenLease, serveObservations } from './protocols/observations.ts'
export { askPart, MAX_PART_BYTES, type PartContent, serveParts } from './protocols/parts.ts'
export { askPing, type Pong, servePings } from './protocols/ping.ts'
export { type Prolongation, sendExtend, serveExtends } from './protocols/prolong.ts'
export {
  keepPublished,
  MAX_PUBLISHED_LEASES,
  type PublicDomain,
  type PublishedLeases,
  type Publisher,
  publishLeases,
  serveRelayIngress,
} from './protocols/publish.ts'
export { sendRating, serveRatings } from './protocols/ratings.ts'
export { type AcceptedManifest, type ManifestSink, serveManifests } from './protocols/serveManifests.ts'
export { askStatus, type LeaseStatus, serveStatus } from './protocols/status.ts'
export { askTaskLog, serveTaskLogs, type TaskLog } from './protocols/taskLog.ts'
export { openTunnel, serveTunnels, type TunnelTarget } from './protocols/tunnel.ts'
export { askUsage, type LeaseUsage, serveUsage, type UsedSoFar } from './protocols/usage.ts'
export {
  askVerdict,
  type JudgedTask,
  MAX_VERDICT_CHARACTERS,
  MAX_VERDICT_TASKS,
  type ReasonedVerdict,
  serveVerdicts,
  type VerdictReasons,
  type VerdictRequest,
  verdictReasonsSchema,
} from './protocols/verdict.ts'
export { askWhy, serveWhy, type Why } from './protocols/why.ts'
export type { RateLimit } from './rateLimit.ts'
export type { RelayOptions } from './relayServer.ts'
export type { RelayState } from './relays.ts'
export { callPeer, defineRequest, type RequestDefinition, servePeers } from './rpc.ts'
export { type CapacityWork, solveCapacity } from './solveCapacity.ts'
export { verifyKeySignature } from './verifySignature.ts'
