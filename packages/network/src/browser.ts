// What runs in a page as well as in Node. Everything that a page does with peers comes from here.
export { type BrowserNodeOptions, createBrowserNode, reachable } from './browserNode.ts'
export { BadFrameError, BusyError, ConnectionLostError, DeniedError, RefusedError, TooLargeError } from './errors.ts'
export type { ExecChannel, ExecOutput } from './execChannel.ts'
export type { Content, Received, Topic } from './gossip.ts'
export { InvalidGossipError } from './gossipRule.ts'
export {
  addressOfPublicKey,
  dialableAt,
  ForeignKeyError,
  peerIdOfPrivateKey,
  peerIdOfPublicKey,
} from './identity.ts'
export type { SignedSession } from './leaseAccess.ts'
export type { LeaseRequest } from './leaseStream.ts'
export type { Log } from './log.ts'
export { MAX_SECRETS_BYTES } from './manifestFrames.ts'
export type { Caller, Market, MarketView } from './market.ts'
export type { NetworkNode } from './node.ts'
export { type BidReceipt, type ReceivedAnswer, sendBid, serveBids } from './protocols/bid.ts'
export { askBlocks, type Block, serveBlocks } from './protocols/blocks.ts'
export {
  askEvidence,
  evidenceHash,
  type LeaseEvidence,
  leaseEvidenceSchema,
  MAX_EVIDENCE_LINE_CHARACTERS,
  MAX_EVIDENCE_LINES,
} from './protocols/evidence.ts'
export { openExecChannel, type RemoteCommand } from './protocols/execKind.ts'
export { askJobStatus, type JobStatus, MAX_JOB_RECORDS } from './protocols/jobStatus.ts'
export { askLeaves, type LeafSubject, type ProvenLeaf, type ProvenLeaves } from './protocols/leaves.ts'
export { type LogLine, type LogsRequest, readLogs, type Unseal } from './protocols/logs.ts'
export { type ManifestDelivery, type ManifestReceipt, sendManifest } from './protocols/manifest.ts'
export { askObservations, type LeaseObservations } from './protocols/observations.ts'
export { askPart } from './protocols/parts.ts'
export { askPing } from './protocols/ping.ts'
export { type Prolongation, sendExtend } from './protocols/prolong.ts'
export { sendRating } from './protocols/ratings.ts'
export { askStatus, type LeaseStatus } from './protocols/status.ts'
export { askTaskLog, type TaskLog } from './protocols/taskLog.ts'
export { askUsage, type LeaseUsage, type UsedSoFar } from './protocols/usage.ts'
export { askVerdict, type JudgedTask, type ReasonedVerdict } from './protocols/verdict.ts'
export { askWhy, type Why } from './protocols/why.ts'
export type { RelayState } from './relays.ts'
export { verifyKeySignature } from './verifySignature.ts'
