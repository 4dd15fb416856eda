import { createHash, randomBytes } from 'node:crypto'
import type { Hex } from 'viem'

/** A new secret of 256 bits, as text. */
export function createSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** 128 bits in letters and digits, as EIP-4361 wants a nonce. */
export function createNonce(): string {
  return randomBytes(16).toString('hex')
}

/** A name that is no secret. */
export function createId(): string {
  return randomBytes(9).toString('base64url')
}

/** What is kept of a secret. It has 256 bits, so nothing slower than a hash is needed. */
export function hashSecret(secret: string): Hex {
  return `0x${createHash('sha256').update(secret).digest('hex')}`
}

/** The gateway's own clock, Unix seconds: sessions are its alone. */
export function wallSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
