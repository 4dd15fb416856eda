import { NotFoundError, TenderError, UnreachableError } from '@tender/protocol'
import { createMarketClient, type MarketClient, RpcUnreachableError } from '@tender/sdk'
import type { Hex, LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Context } from './command.ts'
import { type KeystoreEntry, listKeystores, openKeystore } from './home/keystore.ts'
import { DEFAULT_MARKET, type MarketProfile, readMarketProfile } from './home/marketProfile.ts'
import { passwordOf } from './home/password.ts'

/** A market that a command works with. */
export type OpenMarket = { name: string; profile: MarketProfile; market: MarketClient }

/** A market, and the account that acts in it. */
export type AccountMarket = OpenMarket & { account: LocalAccount }

/** Which market and account, where another is wanted than the command line says. */
export type Which = { market?: string | undefined; account?: string | undefined }

/** Connects to a market, only to read. @throws {NotFoundError} `unknownMarket` */
export async function openMarket(context: Context, which: Which = {}): Promise<OpenMarket> {
  const name = which.market ?? context.market ?? DEFAULT_MARKET
  const profile = await readMarketProfile(context.home, name)
  const { rpcUrl, book } = profile
  try {
    return { name, profile, market: await createMarketClient({ rpcUrl, book, signal: context.signal }) }
  } catch (cause) {
    if (!(cause instanceof RpcUnreachableError) || name !== DEFAULT_MARKET) throw cause
    const hint = 'Start it with `tender dev`, or name another market with --market.'
    throw new UnreachableError("this machine's own market does not run", { code: cause.code, hint, cause })
  }
}

/** Connects to a market with an account, whose password is asked for if need be. */
export async function openAccountMarket(context: Context, which: Which = {}): Promise<AccountMarket> {
  const opened = await openMarket(context, which)
  const account = await openAccount(context, which.account ?? opened.profile.account)
  return { ...opened, market: { ...opened.market, account }, account }
}

/** Decrypts the account that was asked for. */
export async function openAccount(context: Context, fallback: string | undefined): Promise<LocalAccount> {
  return privateKeyToAccount(await openKey(context, fallback))
}

/** The private key of the account that was asked for: peers are known by it too. */
export async function openKey(context: Context, fallback: string | undefined): Promise<Hex> {
  const { name } = await findAccount(context, fallback)
  return openKeystore(context.home, name, await passwordOf(context, name))
}

/**
 * The account that was asked for, or else `fallback`, or else the only one there is. Nothing is decrypted.
 *
 * @throws {NotFoundError} `unknownAccount`
 */
export async function findAccount({ home, account }: Context, fallback: string | undefined): Promise<KeystoreEntry> {
  const known = await listKeystores(home)
  const [only] = known
  const name = account ?? fallback ?? (known.length === 1 ? only?.name : undefined)
  const entry = known.find((one) => one.name === name)
  if (entry) return entry
  if (name === undefined && known.length > 1) {
    throw new TenderError(`there are ${known.length} accounts: ${known.map((one) => one.name).join(', ')}`, {
      code: 'accountNeeded',
      class: 'user',
      hint: 'Say which with --account.',
    })
  }
  throw new NotFoundError(name === undefined ? 'there is no account yet' : `there is no account "${name}"`, {
    code: 'unknownAccount',
    hint: `Make one with \`tender account new${name === undefined ? '' : ` ${name}`}\`, or see \`tender account list\`.`,
  })
}
