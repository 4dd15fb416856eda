import { blobsOf } from '@tender/protocol'
import type { Blobs } from './blobs.ts'
import type { LeaseBook } from './leaseBook.ts'

/**
 * Removes the blobs that no lease needs any more, for what runs, for an update that waits, or to go back to. Nothing while a lease
 * waits for its manifest: that may be on its way, with files which are here already and which no record names yet. Whatever that
 * lease comes to, it is tidied after it. An update's files on their way are held by {@link Blobs} itself.
 */
export function tidyBlobs(leases: Pick<LeaseBook, 'live'>, blobs: Pick<Blobs, 'retain'>): void {
  const live = leases.live()
  if (live.some(({ phase }) => phase === 'opened')) return
  const needed = live.filter(({ phase }) => phase !== 'destroyed' && phase !== 'retired')
  const manifests = needed.flatMap(({ manifest, pending, fallback }) =>
    [manifest, pending?.manifest, fallback?.manifest].filter((one) => one !== undefined),
  )
  blobs.retain(new Set(manifests.flatMap(({ services }) => blobsOf(services).map(({ sha256 }) => sha256))))
}
