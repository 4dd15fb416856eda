import type { Store } from '@tender/kit'
import {
  addressSchema,
  NotFoundError,
  ratingSchema,
  type SignedRating,
  signatureSchema,
  TenderError,
} from '@tender/protocol'
import { isAddressEqual, size } from 'viem'
import { z } from 'zod'
import type { EventBook } from '../facts/eventBook.ts'
import { stopAt } from '../facts/factsAt.ts'
import { lowerCase } from '../facts/lowerCase.ts'

const ratingsSchema = z.strictObject({
  rating: ratingSchema,
  tenant: addressSchema,
  signature: signatureSchema,
}) satisfies z.ZodType<SignedRating>

/** Wallets without a key sign with a few keys at most. */
const MOST_SIGNATURE_BYTES = 1_024
/** In one batch, the same ones everywhere: no number of ratings keeps a batch from being made. */
const MOST_TOLD = 10_000

/** Tenants' ratings of leases that are over, one a lease, until they are too old to count. */
export type Ratings = {
  /**
   * Keeps a rating whose signature was checked. @returns false if it was known
   *
   * @throws {NotFoundError} `unknownLease`; {TenderError} `notTenant`, `leaseNotOver`, `alreadyRated`,
   * `signatureTooLong`
   */
  keep(rating: SignedRating): boolean
  /** As a batch tells them, sorted by lease: as many as fit of all that are kept, since most of the monitors must tell the same. */
  all(): SignedRating[]
  /** Forgets those of leases that the book has forgotten. */
  forgetPast(): void
}

export function createRatings(store: Store, book: Pick<EventBook, 'lease'>, time: () => number): Ratings {
  const kept = store.collection('ratings', ratingsSchema)
  return {
    keep(signed) {
      const { lease: id, stars } = signed.rating
      const lease = book.lease(id)
      if (!lease) throw new NotFoundError(`there is no lease ${id}`, { code: 'unknownLease' })
      if (!isAddressEqual(lease.terms.tenant, signed.tenant))
        throw refused('notTenant', 'the lease is another tenant’s')
      if (stopAt(lease, Number.MAX_SAFE_INTEGER).stop > time())
        throw refused('leaseNotOver', 'the lease is not over yet')
      if (size(signed.signature) > MOST_SIGNATURE_BYTES)
        throw refused('signatureTooLong', 'a signature of it takes too much room')
      const before = kept.get(id)
      if (before && before.rating.stars !== stars) throw refused('alreadyRated', 'the lease was rated before')
      if (before) return false
      kept.set(id, signed)
      return true
    },
    all() {
      const told = kept.entries().slice(0, MOST_TOLD)
      return told.map(({ value }) => ({ ...value, tenant: lowerCase(value.tenant) }))
    },
    forgetPast() {
      for (const { key, value } of kept.entries()) if (!book.lease(value.rating.lease)) kept.delete(key)
    },
  }
}

function refused(code: string, message: string): TenderError {
  return new TenderError(message, { code, class: 'conflict' })
}
