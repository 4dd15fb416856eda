import { privateKeyFromRaw, publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId, Secp256k1PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { type Dialable, TenderError } from '@tender/protocol'
import { type Address, bytesToHex, type Hex, hexToBytes } from 'viem'
import { publicKeyToAddress } from 'viem/accounts'
import type { Caller } from './market.ts'

// One secp256k1 key is an Ethereum account and a libp2p peer: a peer id of this kind carries the compressed public key
// itself, so that either name follows from the other without asking anybody.

/** A peer id or public key that is not a secp256k1 one, so that no Ethereum account belongs to it. */
export class ForeignKeyError extends TenderError {
  constructor(key: string, cause?: unknown) {
    super(`${key} is not a secp256k1 key`, { code: 'foreignKey', class: 'denied', cause, data: { key } })
  }
}

/** The libp2p key of an Ethereum private key (32 bytes as hex). */
export function libp2pKeyOf(privateKey: Hex): Secp256k1PrivateKey {
  const key = privateKeyFromRaw(hexToBytes(privateKey))
  if (key.type !== 'secp256k1') throw new ForeignKeyError('the private key')
  return key
}

/** The peer id of an Ethereum private key (32 bytes as hex). */
export function peerIdOfPrivateKey(privateKey: Hex): PeerId {
  return peerIdFromPrivateKey(libp2pKeyOf(privateKey))
}

/**
 * The peer id of a compressed secp256k1 public key (33 bytes as hex).
 *
 * @throws {ForeignKeyError}
 * @example
 * peerIdOfPublicKey('0x02…').toString() // '16Uiu2HA…'
 */
export function peerIdOfPublicKey(publicKey: Hex): PeerId {
  try {
    const key = publicKeyFromRaw(hexToBytes(publicKey))
    if (key.type === 'secp256k1') return peerIdFromPublicKey(key)
  } catch (cause) {
    throw new ForeignKeyError(publicKey, cause)
  }
  throw new ForeignKeyError(publicKey)
}

/** A peer's compressed secp256k1 public key, 33 bytes as hex. @throws {ForeignKeyError} */
export function publicKeyOfPeer(peer: PeerId): Hex {
  if (peer.type !== 'secp256k1') throw new ForeignKeyError(peer.toString())
  return bytesToHex(peer.publicKey.raw)
}

/** Accounts that were worked out: each message names its author, and few authors write most of them. */
const known = new Map<Hex, Address>()
const MAX_KNOWN = 10_000

/** The Ethereum account of a compressed secp256k1 public key, checksummed. @throws {ForeignKeyError} */
export function addressOfPublicKey(publicKey: Hex): Address {
  const before = known.get(publicKey)
  if (before) return before
  try {
    const address = publicKeyToAddress(`0x${secp256k1.Point.fromHex(publicKey.slice(2)).toHex(false)}`)
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(publicKey, address)
    return address
  } catch (cause) {
    throw new ForeignKeyError(publicKey, cause)
  }
}

/** The Ethereum account of a peer, checksummed. @throws {ForeignKeyError} */
export function addressOfPeer(peer: PeerId): Address {
  return addressOfPublicKey(publicKeyOfPeer(peer))
}

/** Who a peer is. @throws {ForeignKeyError} */
export function callerOf(peer: PeerId): Caller {
  return { address: addressOfPeer(peer), publicKey: publicKeyOfPeer(peer) }
}

/**
 * Who is dialled at an address that names its peer.
 *
 * @throws {ForeignKeyError} if it names none, or one whose key is not a secp256k1 one
 * @example
 * dialableAt('/ip4/127.0.0.1/tcp/4100/p2p/16Uiu2HA…') // { publicKey: '0x02…', addresses: ['/ip4/127.0.0.1/…'] }
 */
export function dialableAt(address: string): Dialable {
  try {
    const named = multiaddr(address)
      .getComponents()
      .findLast(({ name }) => name === 'p2p')?.value
    if (named !== undefined) return { publicKey: publicKeyOfPeer(peerIdFromString(named)), addresses: [address] }
  } catch (cause) {
    throw new ForeignKeyError(address, cause)
  }
  throw new ForeignKeyError(address)
}
