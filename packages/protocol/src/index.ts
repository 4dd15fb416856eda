export { assignedMonitors, createDraw, type Draw } from './era/assign.ts'
export {
  batchDigest,
  decodeBatch,
  encodeBatch,
  MAX_BATCH_BYTES,
  MAX_SIGNATURE_BYTES,
  openBatch,
  type PackedBatch,
} from './era/canonicalBatch.ts'
export { decodeFacts, encodeFacts, type FactsView, openFacts } from './era/canonicalFacts.ts'
export { decodeProbes, encodeProbes, probesHash } from './era/canonicalProbes.ts'
export { decodeState, emptyState, encodeState, openState, type StateView } from './era/canonicalState.ts'
export * from './era/credits.ts'
export { leafHash, leafHashes, leafKinds } from './era/leaf.ts'
export * from './era/median.ts'
export type { List, PackedList } from './era/packing.ts'
export * from './era/reputation.ts'
export * from './era/rewards.ts'
export * from './era/score.ts'
export { buildTree, EMPTY_ROOT, leafTree, type MerkleTree, type Multiproof } from './era/tree.ts'
export type * from './era/types.ts'
export * from './errors.ts'
export * from './hashes.ts'
export { type BlobFacts, blobFacts } from './manifest/blobFacts.ts'
export * from './manifest/buildManifest.ts'
export * from './manifest/canonicalJson.ts'
export * from './manifest/composeFile.ts'
export * from './manifest/manifest.ts'
export type * from './manifest/parsedCompose.ts'
export { createTarScan, type TarScan } from './manifest/tarScan.ts'
export type { TenderBlock } from './manifest/tenderBlock.ts'
export { defaultLimits } from './manifest/written.ts'
export { MAX_COMPOSE_BYTES } from './manifest/yamlFile.ts'
export * from './messages.ts'
export * from './money.ts'
export * from './order.ts'
export * from './qualify.ts'
export * from './rank.ts'
export * from './schemas.ts'
export * from './seal.ts'
export * from './tables.ts'
export * from './units.ts'
