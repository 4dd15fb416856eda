import type { Dialable, Manifest } from '@tender/protocol'
import type { Hex } from 'viem'
import type { LeaseBook, SignedSession } from '../leaseAccess.ts'
import type { NetworkNode } from '../node.ts'

/** A file that the manifest names by its hash. */
export type Blob = {
  /** 32 bytes as hex. */
  sha256: Hex
  sizeBytes: number
  /** Its bytes in pieces of any size; called only if the provider does not have it yet. */
  read(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

export type ManifestDelivery = {
  lease: Hex
  manifest: Manifest
  blobs: readonly Blob[]
  /** Needed when the node is not the order's agent. */
  session?: SignedSession | undefined
}

export type ManifestReceipt = {
  /** Where the workload will answer, if it is a service. */
  url?: string | undefined
}

/** What a provider does with manifests; checks of caller, hash and sizes were made before. */
export type ManifestSink = LeaseBook & {
  /** All blobs of one lease together. */
  maxBytes: number
  hasBlob(sha256: Hex): Promise<boolean>
  /**
   * Stores a blob. `bytes` throws if they turn out not to be what was announced: keep nothing then.
   */
  storeBlob(blob: { sha256: Hex; sizeBytes: number; bytes: AsyncIterable<Uint8Array> }): Promise<void>
  /** Records the manifest, all of whose blobs are stored. Idempotent on `lease`. */
  accept(delivery: { lease: Hex; manifest: Manifest }, signal: AbortSignal): Promise<ManifestReceipt>
}

/**
 * Sends the manifest and the blobs that the provider lacks.
 *
 * @throws {RefusedError} `notAgent`, `unknownLease`, `manifestMismatch`, `tooLarge`, …
 */
export declare function sendManifest(
  node: NetworkNode,
  provider: Dialable,
  delivery: ManifestDelivery,
  options: { signal: AbortSignal; onProgress?: (progress: { sentBytes: number; totalBytes: number }) => void },
): Promise<ManifestReceipt>

/** Takes manifests for this provider's leases, from their agents only. */
export declare function serveManifests(node: NetworkNode, sink: ManifestSink): Promise<() => Promise<void>>
