import type { Collection } from '@tender/kit'
import type { NetworkNode } from '@tender/network'
import { type Dialable, publicKeySchema } from '@tender/protocol'
import type { Address } from 'viem'
import { z } from 'zod'

export const contactSchema = z.strictObject({ publicKey: publicKeySchema, addresses: z.array(z.string()) })

/** Where operators are reached, as they gossip it themselves. Outlives a restart: an operator that died says nothing more. */
export type Contacts = {
  of(operator: Address): Dialable | undefined
  /** Stops listening. */
  stop(): void
}

/**
 * Keeps what operators announce, signed by the very key that is to be dialled.
 *
 * @param kept by operator's address
 */
export function createContacts(
  node: Pick<NetworkNode, 'availability' | 'standingOffers'>,
  kept: Collection<z.output<typeof contactSchema>>,
): Contacts {
  const known = new Map(kept.entries().map(({ key, value }) => [key, value]))

  function hear({ author, envelope }: { author: { address: Address }; envelope: Dialable }): void {
    const { publicKey, addresses } = envelope
    const before = known.get(author.address)
    if (addresses.length === 0 || before?.addresses.join() === addresses.join()) return
    const contact = { publicKey, addresses: [...addresses] }
    kept.set(author.address, contact)
    known.set(author.address, contact)
  }
  const stops = [node.availability.listen(hear), node.standingOffers.listen(hear)]
  return {
    of: (operator) => known.get(operator),
    stop() {
      for (const stop of stops) stop()
    },
  }
}
