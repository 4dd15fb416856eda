import type { AvailabilityEnvelope, Dialable } from '@tender/protocol'
import { type HostPort, tcpOf } from './pipeTarget.ts'

/** A provider that was not heard of for so long is no longer dialled for pages; its leases' records may have newer addresses. */
export const KEEP_SECONDS = 3600

/** Where registered providers are, as they say themselves, signed by their operator keys. */
export type ContactBook = {
  /** Checked by gossip before: the author speaks for the provider. */
  learn(envelope: AvailabilityEnvelope, seenAt: number): void
  contactOf(provider: bigint): Dialable | undefined
  /** Whether this is where a provider, a relay of one or one of the first peers listens. */
  knows(address: HostPort, now: number): boolean
  /** What they said last, those that have not expired. */
  current(now: number): { provider: bigint; envelope: AvailabilityEnvelope; seenAt: number }[]
}

type Entry = { envelope: AvailabilityEnvelope; seenAt: number; places: ReadonlySet<string> }

/** @param first multiaddrs of the market's first peers, which are known from the start */
export function createContactBook(first: readonly string[]): ContactBook {
  const entries = new Map<bigint, Entry>()
  const placesOf = (addresses: readonly string[]) =>
    new Set(addresses.flatMap((address) => tcpOf(address) ?? []).map(keyOf))
  const always = placesOf(first)

  return {
    learn(envelope, seenAt) {
      const { provider } = envelope.availability
      entries.set(provider, { envelope, seenAt, places: placesOf(envelope.addresses) })
      for (const [id, entry] of entries) if (entry.seenAt + KEEP_SECONDS < seenAt) entries.delete(id)
    },
    contactOf(provider) {
      const envelope = entries.get(provider)?.envelope
      return envelope && { publicKey: envelope.publicKey, addresses: envelope.addresses }
    },
    knows(address, now) {
      const key = keyOf(address)
      if (always.has(key)) return true
      return [...entries.values()].some(({ places, seenAt }) => seenAt + KEEP_SECONDS >= now && places.has(key))
    },
    current(now) {
      return [...entries].flatMap(([provider, { envelope, seenAt }]) =>
        envelope.availability.expiry > now ? [{ provider, envelope, seenAt }] : [],
      )
    },
  }
}

function keyOf({ host, port }: HostPort): string {
  return `${host.toLowerCase()} ${port}`
}
