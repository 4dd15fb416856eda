import {
  addressOfPublicKey,
  askPart,
  askPing,
  type NetworkNode,
  sendBatchHeader,
  sendProposal,
  sendSuspicion,
} from '@tender/network'
import { type Dialable, type LeaseEnd, NotFoundError, publicKeySchema } from '@tender/protocol'
import { type Address, isAddressEqual } from 'viem'
import type { PeersPort } from './eras/ports.ts'
import { lowerCase } from './facts/lowerCase.ts'
import type { Member } from './facts/members.ts'

/** The other monitors, as this one talks to them. */
export type Peers = PeersPort & {
  ping(monitor: Address, signal: AbortSignal): Promise<void>
  suspect(monitor: Address, end: LeaseEnd, timeoutMs: number, signal: AbortSignal): ReturnType<typeof sendSuspicion>
}

/** @param members see `ChainView.members` */
export function createPeers(node: NetworkNode, members: () => readonly Member[]): Peers {
  /** @throws {NotFoundError} `noContact`: it does not say where it is, or names another's key */
  function contactOf(monitor: Address): Dialable {
    const contact = members().find((member) => member.monitor === lowerCase(monitor))?.contact
    if (contact && isKeyOf(contact, monitor)) return contact
    throw new NotFoundError(`monitor ${monitor} does not say where it is dialled`, { code: 'noContact' })
  }

  return {
    sendHeader: async (to, header, signal) => sendBatchHeader(node, contactOf(to), header, signal),
    askPart: async (from, hash, maxBytes, signal) => askPart(node, contactOf(from), hash, { maxBytes, signal }),
    propose: async (to, proposal, timeoutMs, signal) =>
      sendProposal(node, contactOf(to), proposal, { timeoutMs, signal }),
    suspect: async (to, end, timeoutMs, signal) => sendSuspicion(node, contactOf(to), end, { timeoutMs, signal }),
    ping: async (monitor, signal) => void (await askPing(node, contactOf(monitor), signal)),
  }
}

/** Only the contract's word ties a contact to a monitor; that it is the monitor's own key is checked here. */
function isKeyOf({ publicKey }: Dialable, monitor: Address): boolean {
  if (!publicKeySchema.safeParse(publicKey).success) return false
  try {
    return isAddressEqual(addressOfPublicKey(publicKey), monitor)
  } catch {
    return false // no point of the curve
  }
}
