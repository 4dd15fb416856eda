import { InvalidInputError } from '@tender/protocol'
import { and, eq, gt, lte } from 'drizzle-orm'
import type { Address, Hex } from 'viem'
import { parseSiweMessage, type SiweMessage } from 'viem/siwe'
import type { Store } from '../../store/openStore.ts'
import { nonces, sessions } from '../../store/schema.ts'
import type { ApiChain } from '../apiOptions.ts'
import { createNonce, createSecret, hashSecret, wallSeconds } from './secrets.ts'

/** How long somebody may think about a message before signing it. */
export const NONCE_SECONDS = 300
/** How long a session lasts. */
export const SESSION_SECONDS = 7 * 86_400
/** A wallet's clock may be ahead by so much. */
const TOLERANCE_SECONDS = 60

/** A nonce for one sign-in. */
export async function giveNonce(store: Store): Promise<{ nonce: string; issuedAt: number; expiresAt: number }> {
  const issuedAt = wallSeconds()
  const given = { nonce: createNonce(), expiresAt: issuedAt + NONCE_SECONDS }
  await store.write(async ({ tx }) => {
    await tx.delete(nonces).where(lte(nonces.expiresAt, issuedAt))
    await tx.insert(nonces).values(given)
  })
  return { ...given, issuedAt }
}

/**
 * Takes a signed EIP-4361 message: it must be for this gateway and chain, in time, with a nonce that was given out and not used, and
 * signed by the account that it names.
 *
 * @throws {InvalidInputError} `wrongDomain`, `wrongChain`, `messageExpired`, `badNonce`, `badSignature`, naming the field
 */
export async function takeSignIn(
  { message, signature }: { message: string; signature: Hex },
  { store, chain, own }: { store: Store; chain: ApiChain; own: URL },
): Promise<Address> {
  const told = parseSiweMessage(message)
  const { address, nonce } = checkMessage(told, own, chain.book.chainId)
  await useNonce(store, nonce)
  if (await chain.signed({ address, message, signature })) return address
  throw wrong('signature', 'is not that of the account in the message', 'badSignature', 'body')
}

/** What a message says of who signs in. @throws {InvalidInputError} naming the field */
export function checkMessage(
  told: Partial<SiweMessage>,
  own: URL,
  chainId: number,
): { address: Address; nonce: string } {
  const { address, nonce, domain, uri, version, expirationTime, notBefore, issuedAt } = told
  if (!address) throw wrong('address', 'is missing', 'badMessage')
  if (version !== '1') throw wrong('version', 'must be 1', 'badMessage')
  if (domain !== own.host) throw wrong('domain', `must be ${own.host}`, 'wrongDomain')
  if (!uri || !URL.canParse(uri) || new URL(uri).origin !== own.origin)
    throw wrong('uri', `must be at ${own.origin}`, 'wrongDomain')
  if (told.chainId !== chainId) throw wrong('chainId', `must be ${chainId}`, 'wrongChain')
  const now = Date.now()
  if (!issuedAt || !(issuedAt.getTime() <= now + TOLERANCE_SECONDS * 1000))
    throw wrong('issuedAt', 'must be a time that has come', 'messageExpired')
  if (issuedAt.getTime() < now - NONCE_SECONDS * 1000 - TOLERANCE_SECONDS * 1000)
    throw wrong('issuedAt', 'is too long ago', 'messageExpired')
  if (expirationTime && !(expirationTime.getTime() > now)) throw wrong('expirationTime', 'has passed', 'messageExpired')
  if (notBefore && !(notBefore.getTime() <= now)) throw wrong('notBefore', 'has not come', 'messageExpired')
  if (!nonce) throw wrong('nonce', 'is missing', 'badNonce')
  return { address, nonce }
}

/** Used up even if the signature turns out wrong: a nonce is tried once. */
async function useNonce(store: Store, nonce: string): Promise<void> {
  const used = await store.write(({ tx }) =>
    tx
      .delete(nonces)
      .where(and(eq(nonces.nonce, nonce), gt(nonces.expiresAt, wallSeconds())))
      .returning({ nonce: nonces.nonce }),
  )
  if (used.length === 0) throw wrong('nonce', 'is unknown, used already, or too old: ask for another', 'badNonce')
}

function wrong(field: string, message: string, code: string, place = 'body.message'): InvalidInputError {
  return new InvalidInputError('the sign-in is wrong', [{ path: `${place}.${field}`, message }], { code })
}

/** Opens a session. @returns its secret, which only the cookie holds */
export async function openSession(store: Store, account: Address): Promise<{ secret: string; expiresAt: number }> {
  const secret = createSecret()
  const createdAt = wallSeconds()
  const expiresAt = createdAt + SESSION_SECONDS
  await store.write(async ({ tx }) => {
    await tx.delete(sessions).where(lte(sessions.expiresAt, createdAt))
    await tx.insert(sessions).values({ id: hashSecret(secret), account, createdAt, expiresAt })
  })
  return { secret, expiresAt }
}

/** Ends a session, if there is one. */
export async function endSession(store: Store, secret: string): Promise<void> {
  await store.write(({ tx }) => tx.delete(sessions).where(eq(sessions.id, hashSecret(secret))))
}
