import { setMonitorContact } from '@tender/sdk'
import type { Core } from './core.ts'
import { lowerCase } from './facts/lowerCase.ts'

/** The contract takes so much. */
const MAX_ADDRESSES_BYTES = 512

/** Tells on the chain where this monitor is dialled, whenever that is not what the chain says. */
export function createContactTeller({ account, client, chain, node, log }: Core): () => Promise<void> {
  let told = ''
  return async () => {
    const self = chain.members().find(({ monitor }) => monitor === lowerCase(account.address))
    const contact = node.contact()
    const addresses = fitting(contact.addresses)
    if (!self || addresses.length === 0) return
    const now = [contact.publicKey, ...addresses].join(' ')
    const known = self.contact && [self.contact.publicKey, ...self.contact.addresses].join(' ')
    // The block that has it may not be known yet.
    if (now === known || now === told) return
    await setMonitorContact(client, { publicKey: contact.publicKey, addresses })
    told = now
    log.info({ addresses }, 'told the other monitors where this one is dialled')
  }
}

/** The first ones, as far as they fit. */
function fitting(addresses: readonly string[]): string[] {
  let bytes = 0
  return addresses.filter((address) => {
    bytes += Buffer.byteLength(address) + 1
    return bytes <= MAX_ADDRESSES_BYTES
  })
}
