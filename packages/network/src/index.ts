export { BadFrameError, BusyError, DeniedError, RefusedError, TooLargeError } from './errors.ts'
export type { Frames } from './frames.ts'
export type { Content, Received, Topic } from './gossip.ts'
export { InvalidGossipError } from './gossipRule.ts'
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
export type { Log } from './log.ts'
export type { Caller, Market, MarketView } from './market.ts'
export {
  createNetworkNode,
  type NetworkNode,
  type NetworkOptions,
  type ServeLimits,
  type StreamHandler,
} from './node.ts'
export { type BidReceipt, type ReceivedAnswer, sendBid, serveBids } from './protocols/bid.ts'
export { type LogLine, type LogsRequest, readLogs, serveLogs } from './protocols/logs.ts'
export {
  type ManifestDelivery,
  type ManifestReceipt,
  type ManifestSink,
  sendManifest,
  serveManifests,
} from './protocols/manifest.ts'
export { askStatus, type LeaseStatus, serveStatus } from './protocols/status.ts'
export { askWhy, serveWhy, type Why } from './protocols/why.ts'
export type { RateLimit } from './rateLimit.ts'
export { callPeer, defineRequest, type RequestDefinition, servePeers } from './rpc.ts'
export { verifyKeySignature } from './verifySignature.ts'
