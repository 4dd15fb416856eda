import { type Address, concatHex, type Hex, hashTypedData, isAddressEqual, keccak256, recoverAddress } from 'viem'
import type { MarketPlace } from './facts.ts'

/** The messages that a market's contracts check, as docs/protocol.md and `Messages.sol` have them. */
const messages = {
  Order:
    'address tenant,address agent,address asset,bytes32 resource,uint8 kind,uint8 tier,uint32 units,uint16 replicas,uint96 maxPrice,uint32 duration,uint32 maxMinSeconds,uint16 uptimeBps,uint32 maxSilence,uint8 worstLevel,uint8 spread,bytes2[] countries,address verifier,bytes32 manifest,bytes32 jobTerms,bytes32 previous,uint32 handoverSeconds,uint40 auctionEnd,uint40 expiry,uint256 nonce',
  Offer:
    'uint64 provider,uint32 offerEpoch,bytes32 order,bytes32 resource,address asset,uint8 tier,uint32 units,uint96 price,uint32 minSeconds,uint32 maxDuration,uint32 noticeSeconds,uint40 expiry,uint256 salt',
  Award: 'bytes32 order,bytes32 offers,uint40 deadline',
  JobTerms:
    'uint32 tasks,uint16 sample,uint8 validators,bytes32 comparator,uint32 deadlineSeconds,uint96 cancelFee,uint96 verifyFee,bytes32 inputs',
  Verdict: 'address jobs,bytes32 lease,bytes32 seed,bool passed',
  Report: 'address reports,uint64 era,uint32 attempt,uint32 round,bytes32 root,uint40 coveredUntil,bytes32 dataHash',
  LeaseEnd: 'address reports,bytes32 lease,uint40 endedAt,bytes32 evidence',
} as const

/** The EIP-712 digest of a message in a market's domain. */
export function digestOf(place: MarketPlace, type: keyof typeof messages, message: Record<string, unknown>): Hex {
  const members = messages[type].split(',').map((member) => {
    const [of = '', name = ''] = member.split(' ')
    return { name, type: of }
  })
  const { chainId, contracts } = place
  const domain = { name: 'Tender', version: '1', chainId, verifyingContract: contracts.orderBook }
  return hashTypedData({ domain, types: { [type]: members }, primaryType: type, message })
}

/** keccak256 of the hashes, concatenated. */
export function hashList(hashes: readonly Hex[]): Hex {
  return keccak256(concatHex(hashes))
}

/** Whether the account's own key signed; false too for what is no signature. */
export async function isSignedBy(account: Address, hash: Hex, signature: Hex): Promise<boolean> {
  try {
    return isAddressEqual(await recoverAddress({ hash, signature }), account)
  } catch {
    return false
  }
}
