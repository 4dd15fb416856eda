import { type Dialable, type MessageName, marketDomain, messageHash, type SignedMessages } from '@tender/protocol'
import type { Hex } from 'viem'
import { addressOfPublicKey } from './identity.ts'
import type { NetworkNode } from './node.ts'
import { verifyKeySignature } from './verifySignature.ts'

/** Whether a peer's own key signed a message of this market. No chain is asked: it would let an account's code answer for its key. */
export function signedByPeer<Name extends MessageName>(
  { market }: Pick<NetworkNode, 'market'>,
  peer: Pick<Dialable, 'publicKey'>,
  { name, message, signature }: { name: Name; message: SignedMessages[Name]; signature: Hex },
): Promise<boolean> {
  const digest = messageHash(marketDomain(market), name, message)
  return verifyKeySignature({ signer: addressOfPublicKey(peer.publicKey), digest, signature })
}
