import { blobsOf } from '@tender/protocol'
import type { Blobs } from './blobs.ts'
import type { LeaseBook } from './leaseBook.ts'

/**
 * Removes the blobs that no lease needs any more. Nothing while a lease waits for its manifest: that may be on its way, with
 * files which are here already and which no record names yet. Whatever that lease comes to, it is tidied after it.
 */
export function tidyBlobs(leases: Pick<LeaseBook, 'live'>, blobs: Pick<Blobs, 'retain'>): void {
  const live = leases.live()
  if (live.some(({ phase }) => phase === 'opened')) return
  const needed = live.filter(({ phase }) => phase !== 'destroyed')
  blobs.retain(new Set(needed.flatMap(({ manifest }) => blobsOf(manifest?.services ?? []).map(({ sha256 }) => sha256))))
}
