import { type Address, concatHex, encodeAbiParameters, type Hex, hashTypedData, keccak256 } from 'viem'
import type {
  Award,
  BatchHeader,
  ChallengeAnswer,
  Contact,
  Extend,
  JobTerms,
  LeaseEnd,
  Offer,
  OperatorAcceptance,
  Order,
  Rating,
  Report,
  Session,
  Started,
  Terms,
  Verdict,
} from './messages.ts'

/** The EIP-712 domain of every message of one market. */
export type MarketDomain = {
  name: 'Tender'
  version: '1'
  chainId: number
  /** The market's OrderBook; its other contracts check signatures against the same domain. */
  verifyingContract: Address
}

/** The domain of the market whose OrderBook stands at `orderBook`. */
export function marketDomain({ chainId, orderBook }: { chainId: number; orderBook: Address }): MarketDomain {
  return { name: 'Tender', version: '1', chainId, verifyingContract: orderBook }
}

/** EIP-712 types of every signed message, in the contracts' field order. */
export const messageTypes = {
  Order: [
    { name: 'tenant', type: 'address' },
    { name: 'agent', type: 'address' },
    { name: 'asset', type: 'address' },
    { name: 'resource', type: 'bytes32' },
    { name: 'kind', type: 'uint8' },
    { name: 'tier', type: 'uint8' },
    { name: 'units', type: 'uint32' },
    { name: 'replicas', type: 'uint16' },
    { name: 'maxPrice', type: 'uint96' },
    { name: 'duration', type: 'uint32' },
    { name: 'maxMinSeconds', type: 'uint32' },
    { name: 'uptimeBps', type: 'uint16' },
    { name: 'maxSilence', type: 'uint32' },
    { name: 'worstLevel', type: 'uint8' },
    { name: 'spread', type: 'uint8' },
    { name: 'countries', type: 'bytes2[]' },
    { name: 'verifier', type: 'address' },
    { name: 'manifest', type: 'bytes32' },
    { name: 'jobTerms', type: 'bytes32' },
    { name: 'previous', type: 'bytes32' },
    { name: 'handoverSeconds', type: 'uint32' },
    { name: 'auctionEnd', type: 'uint40' },
    { name: 'expiry', type: 'uint40' },
    { name: 'nonce', type: 'uint256' },
  ],
  Offer: [
    { name: 'provider', type: 'uint64' },
    { name: 'offerEpoch', type: 'uint32' },
    { name: 'order', type: 'bytes32' },
    { name: 'resource', type: 'bytes32' },
    { name: 'asset', type: 'address' },
    { name: 'tier', type: 'uint8' },
    { name: 'units', type: 'uint32' },
    { name: 'price', type: 'uint96' },
    { name: 'minSeconds', type: 'uint32' },
    { name: 'maxDuration', type: 'uint32' },
    { name: 'noticeSeconds', type: 'uint32' },
    { name: 'expiry', type: 'uint40' },
    { name: 'salt', type: 'uint256' },
  ],
  Award: [
    { name: 'order', type: 'bytes32' },
    { name: 'offers', type: 'bytes32' },
    { name: 'deadline', type: 'uint40' },
  ],
  JobTerms: [
    { name: 'tasks', type: 'uint32' },
    { name: 'sample', type: 'uint16' },
    { name: 'validators', type: 'uint8' },
    { name: 'comparator', type: 'bytes32' },
    { name: 'deadlineSeconds', type: 'uint32' },
    { name: 'cancelFee', type: 'uint96' },
    { name: 'verifyFee', type: 'uint96' },
    { name: 'inputs', type: 'bytes32' },
  ],
  Session: [
    { name: 'tenant', type: 'address' },
    { name: 'agent', type: 'address' },
    { name: 'scopes', type: 'uint8' },
    { name: 'issuedAt', type: 'uint40' },
    { name: 'expiry', type: 'uint40' },
  ],
  Extend: [
    { name: 'lease', type: 'bytes32' },
    { name: 'latestEnd', type: 'uint40' },
    { name: 'maxAmount', type: 'uint96' },
    { name: 'expiry', type: 'uint40' },
  ],
  Started: [
    { name: 'lease', type: 'bytes32' },
    { name: 'at', type: 'uint40' },
    { name: 'inputs', type: 'bytes32' },
  ],
  Rating: [
    { name: 'lease', type: 'bytes32' },
    { name: 'stars', type: 'uint8' },
  ],
  Report: [
    { name: 'reports', type: 'address' },
    { name: 'era', type: 'uint64' },
    { name: 'attempt', type: 'uint32' },
    { name: 'round', type: 'uint32' },
    { name: 'root', type: 'bytes32' },
    { name: 'coveredUntil', type: 'uint40' },
    { name: 'dataHash', type: 'bytes32' },
  ],
  LeaseEnd: [
    { name: 'reports', type: 'address' },
    { name: 'lease', type: 'bytes32' },
    { name: 'endedAt', type: 'uint40' },
    { name: 'evidence', type: 'bytes32' },
  ],
  Verdict: [
    { name: 'jobs', type: 'address' },
    { name: 'lease', type: 'bytes32' },
    { name: 'seed', type: 'bytes32' },
    { name: 'passed', type: 'bool' },
  ],
  BatchHeader: [
    { name: 'reports', type: 'address' },
    { name: 'era', type: 'uint64' },
    { name: 'monitor', type: 'address' },
    { name: 'digest', type: 'bytes32' },
  ],
  ChallengeAnswer: [
    { name: 'lease', type: 'bytes32' },
    { name: 'nonce', type: 'bytes32' },
    { name: 'at', type: 'uint40' },
    { name: 'running', type: 'bool' },
    { name: 'url', type: 'string' },
  ],
  OperatorAcceptance: [
    { name: 'owner', type: 'address' },
    { name: 'operator', type: 'address' },
    { name: 'expiry', type: 'uint40' },
  ],
  Contact: [
    { name: 'order', type: 'bytes32' },
    { name: 'addresses', type: 'string[]' },
  ],
} as const

/** The signed messages by the name of their EIP-712 type. */
export type SignedMessages = {
  Order: Order
  Offer: Offer
  Award: Award
  JobTerms: JobTerms
  Session: Session
  Extend: Extend
  Started: Started
  Rating: Rating
  Report: Report
  LeaseEnd: LeaseEnd
  Verdict: Verdict
  BatchHeader: BatchHeader
  ChallengeAnswer: ChallengeAnswer
  OperatorAcceptance: OperatorAcceptance
  Contact: Contact
}
export type MessageName = keyof SignedMessages

/**
 * A message as a wallet signs it.
 *
 * @example
 * const signature = await account.signTypedData(typedData(domain, 'Order', order))
 */
export function typedData<Name extends MessageName>(domain: MarketDomain, name: Name, message: SignedMessages[Name]) {
  const types: Record<string, readonly { name: string; type: string }[]> = { [name]: messageTypes[name] }
  const primaryType: string = name
  return { domain, types, primaryType, message: { ...message } }
}

/** A message's full EIP-712 digest: what is signed, and how other messages refer to it. */
export function messageHash<Name extends MessageName>(
  domain: MarketDomain,
  name: Name,
  message: SignedMessages[Name],
): Hex {
  return hashTypedData(typedData(domain, name, message))
}

export function orderHash(domain: MarketDomain, order: Order): Hex {
  return messageHash(domain, 'Order', order)
}

export function offerHash(domain: MarketDomain, offer: Offer): Hex {
  return messageHash(domain, 'Offer', offer)
}

export function awardHash(domain: MarketDomain, award: Award): Hex {
  return messageHash(domain, 'Award', award)
}

/** `Order.jobTerms` of a job. */
export function jobTermsHash(domain: MarketDomain, terms: JobTerms): Hex {
  return messageHash(domain, 'JobTerms', terms)
}

/** `Award.offers`: hash of the chosen offers' digests, in the order they are to be taken. */
export function offersHash(offers: readonly Hex[]): Hex {
  return keccak256(concatHex([...offers]))
}

/** The ABI tuple of {@link Terms}, in the contracts' field order. */
export const termsParameters = [
  { name: 'order', type: 'bytes32' },
  { name: 'offer', type: 'bytes32' },
  { name: 'index', type: 'uint16' },
  { name: 'tenant', type: 'address' },
  { name: 'provider', type: 'uint64' },
  { name: 'payout', type: 'address' },
  { name: 'asset', type: 'address' },
  { name: 'resource', type: 'bytes32' },
  { name: 'units', type: 'uint32' },
  { name: 'rate', type: 'uint128' },
  { name: 'start', type: 'uint40' },
  { name: 'latestEnd', type: 'uint40' },
  { name: 'kind', type: 'uint8' },
  { name: 'tier', type: 'uint8' },
  { name: 'uptimeBps', type: 'uint16' },
  { name: 'maxSilence', type: 'uint32' },
  { name: 'minSeconds', type: 'uint32' },
  { name: 'noticeSeconds', type: 'uint32' },
  { name: 'startWindow', type: 'uint32' },
  { name: 'jobTerms', type: 'bytes32' },
  { name: 'verifier', type: 'address' },
] as const

/** A lease's id: keccak256 of its terms as 32-byte words. */
export function leaseId(terms: Terms): Hex {
  return keccak256(encodeAbiParameters([{ type: 'tuple', components: termsParameters }], [terms]))
}
