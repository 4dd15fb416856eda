import { secp256k1 } from '@noble/curves/secp256k1.js'
import { concatBytes, type Hex, hexToBytes, stringToBytes } from 'viem'
import { TenderError } from './errors.ts'

/** First byte of everything sealed, so that a later way of sealing can be told from this one. */
const VERSION = 1
const PUBLIC_KEY_BYTES = 33
const HEADER_BYTES = 1 + PUBLIC_KEY_BYTES
const TAG_BYTES = 16

/** How much longer a sealed text is than what it holds. */
export const SEAL_OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES

export type SealParameters = {
  /** Compressed secp256k1 public key of the one who may read it. */
  to: Hex
  /** What it is for, e.g. `secret:<leaseId>:<name>`: sealed for one purpose it cannot be opened for another. */
  context: string
  bytes: Uint8Array
}

export type UnsealParameters = {
  /** 32 bytes. */
  privateKey: Hex
  context: string
  sealed: Uint8Array
}

/**
 * Encrypts for the holder of one key. Sealing the same again gives other bytes; whoever sealed cannot open it. It says nothing
 * about who sealed it.
 *
 * Layout: version (1 byte), ephemeral public key (33 bytes), AES-256-GCM's text and tag. The key is HKDF-SHA256 of the
 * ECDH point, salted with both public keys.
 *
 * @throws {TenderError} `badPublicKey`
 * @example
 * const sealed = await seal({ to: provider.publicKey, context: `secret:${leaseId}:token`, bytes })
 */
export async function seal({ to, context, bytes }: SealParameters): Promise<Uint8Array> {
  const recipient = readPublicKey(to)
  const ephemeral = secp256k1.keygen()
  const header = concatBytes([Uint8Array.of(VERSION), ephemeral.publicKey])
  const shared = secp256k1.getSharedSecret(ephemeral.secretKey, recipient)
  const key = await deriveKey(shared, [ephemeral.publicKey, recipient], context)
  const text = await subtle.encrypt(cipher(header), key, copy(bytes))
  return concatBytes([header, new Uint8Array(text)])
}

/**
 * Opens what {@link seal} sealed for this key and context.
 *
 * @throws {TenderError} `unsealFailed` for another key or context, another version, or bytes that were changed
 * @example
 * const bytes = await unseal({ privateKey, context: `secret:${leaseId}:token`, sealed })
 */
export async function unseal({ privateKey, context, sealed }: UnsealParameters): Promise<Uint8Array> {
  try {
    if (sealed[0] !== VERSION || sealed.length < SEAL_OVERHEAD_BYTES) throw new RangeError('not of this version')
    const secretKey = hexToBytes(privateKey)
    const header = sealed.slice(0, HEADER_BYTES)
    const ephemeral = header.slice(1)
    const shared = secp256k1.getSharedSecret(secretKey, ephemeral)
    const key = await deriveKey(shared, [ephemeral, secp256k1.getPublicKey(secretKey)], context)
    return new Uint8Array(await subtle.decrypt(cipher(header), key, copy(sealed.subarray(HEADER_BYTES))))
  } catch (cause) {
    throw new TenderError('what was sealed cannot be opened', {
      code: 'unsealFailed',
      class: 'user',
      hint: 'It was sealed for another key or purpose, or was changed on the way.',
      cause,
    })
  }
}

const { subtle } = globalThis.crypto

async function deriveKey(shared: Uint8Array, publicKeys: readonly Uint8Array[], context: string) {
  const secret = await subtle.importKey('raw', copy(shared), 'HKDF', false, ['deriveKey'])
  const salt = concatBytes(publicKeys)
  const info = stringToBytes(`tender seal v1\n${context}`)
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: copy(salt), info: copy(info) }
  return subtle.deriveKey(hkdf, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** No key is used twice, so one nonce does for all. */
function cipher(header: Uint8Array) {
  return { name: 'AES-GCM', iv: new Uint8Array(12), additionalData: copy(header), tagLength: 8 * TAG_BYTES }
}

/** WebCrypto refuses memory that other threads may change meanwhile, and its types say so. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

function readPublicKey(text: Hex): Uint8Array {
  try {
    return secp256k1.Point.fromHex(text.slice(2)).toBytes(true)
  } catch (cause) {
    throw new TenderError('not a public key of secp256k1', { code: 'badPublicKey', class: 'user', cause })
  }
}
