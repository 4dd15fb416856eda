import { type Dialable, type MessageName, marketDomain, messageHash, type SignedMessages } from '@tender/protocol'
import type { Hex } from 'viem'
import { addressOfPublicKey } from './identity.ts'
import type { NetworkNode } from './node.ts'

/** Whether a peer's own key signed a message of this market. */
export function signedByPeer<Name extends MessageName>(
  { market, view }: NetworkNode,
  peer: Pick<Dialable, 'publicKey'>,
  { name, message, signature }: { name: Name; message: SignedMessages[Name]; signature: Hex },
  signal: AbortSignal,
): Promise<boolean> {
  const digest = messageHash(marketDomain(market), name, message)
  return view.verifySignature({ signer: addressOfPublicKey(peer.publicKey), digest, signature }, signal)
}
