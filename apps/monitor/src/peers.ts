import {
  addressOfPublicKey,
  askPart,
  askPing,
  askVerdict,
  type NetworkNode,
  type ReasonedVerdict,
  sendBatchHeader,
  sendProposal,
  sendSuspicion,
  type VerdictRequest,
} from '@tender/network'
import { type Dialable, type LeaseEnd, NotFoundError, publicKeySchema } from '@tender/protocol'
import { type Address, isAddressEqual } from 'viem'
import type { PeersPort } from './eras/ports.ts'
import { lowerCase } from './facts/lowerCase.ts'
import type { Member } from './facts/members.ts'

/** The other monitors, as this one talks to them. */
export type Peers = PeersPort & {
  /** A validator's verdict on a job, and why. */
  askVerdict(monitor: Address, request: VerdictRequest, signal: AbortSignal): Promise<ReasonedVerdict>
  /** Where a monitor is dialled; `undefined`: it does not say. */
  contactOf(monitor: Address): Dialable | undefined
  ping(monitor: Address, signal: AbortSignal): Promise<void>
  suspect(monitor: Address, end: LeaseEnd, timeoutMs: number, signal: AbortSignal): ReturnType<typeof sendSuspicion>
}

/** @param members see `ChainView.members` @param jobs the contract of jobs */
export function createPeers(node: NetworkNode, members: () => readonly Member[], jobs: Address): Peers {
  /** What names another's key is no contact. */
  function contactOf(monitor: Address): Dialable | undefined {
    const contact = members().find((member) => member.monitor === lowerCase(monitor))?.contact
    return contact && isKeyOf(contact, monitor) ? contact : undefined
  }

  /** @throws {NotFoundError} `noContact` */
  function dial(monitor: Address): Dialable {
    const contact = contactOf(monitor)
    if (contact) return contact
    throw new NotFoundError(`monitor ${monitor} does not say where it is dialled`, { code: 'noContact' })
  }

  return {
    sendHeader: async (to, header, signal) => sendBatchHeader(node, dial(to), header, signal),
    askPart: async (from, hash, maxBytes, signal) => askPart(node, dial(from), hash, { maxBytes, signal }),
    propose: async (to, proposal, timeoutMs, signal) => sendProposal(node, dial(to), proposal, { timeoutMs, signal }),
    suspect: async (to, end, timeoutMs, signal) => sendSuspicion(node, dial(to), end, { timeoutMs, signal }),
    askVerdict: async (monitor, request, signal) => askVerdict(node, dial(monitor), { jobs, ...request }, signal),
    contactOf,
    ping: async (monitor, signal) => void (await askPing(node, dial(monitor), signal)),
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
