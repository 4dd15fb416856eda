import { localChainId } from '@tender/localchain'
import { NotFoundError, TenderError, UnreachableError } from '@tender/protocol'
import { createMarketClient, type MarketClient, RpcUnreachableError } from '@tender/sdk'
import type { Hex, LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Context } from './command.ts'
import { isPlayKey, type KeystoreEntry, listKeystores, openKeystore } from './home/keystore.ts'
import { DEFAULT_MARKET, type MarketProfile, readMarketProfile } from './home/marketProfile.ts'
import { passwordOf } from './home/password.ts'

/** A market that a command works with. */
export type OpenMarket = { name: string; profile: MarketProfile; market: MarketClient }

/** A market, and the account that acts in it. */
export type AccountMarket = OpenMarket & { account: LocalAccount }

/** Connects to a market, only to read. @throws {NotFoundError} `unknownMarket` */
export async function openMarket(context: Context): Promise<OpenMarket> {
  const name = context.market ?? DEFAULT_MARKET
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
export async function openAccountMarket(context: Context): Promise<AccountMarket> {
  const opened = await openMarket(context)
  const account = await openAccount(context, opened.profile.account, opened.market.chainId)
  return { ...opened, market: { ...opened.market, account }, account }
}

/** Decrypts the account that was asked for, to act on a chain. @throws see {@link openKey} */
export async function openAccount(
  context: Context,
  fallback: string | undefined,
  chainId: number,
): Promise<LocalAccount> {
  return privateKeyToAccount(await openKey(context, fallback, chainId))
}

/**
 * The private key of the account that was asked for, to act on a chain: peers are known by it too.
 *
 * @throws {TenderError} `playKey` for a key that everybody knows, on a chain where money is real
 */
export async function openKey(context: Context, fallback: string | undefined, chainId: number): Promise<Hex> {
  const { name } = await findAccount(context, fallback)
  if (chainId !== localChainId && (await isPlayKey(context.home, name))) {
    throw new TenderError(`everybody knows the key of account "${name}": it is for play on this machine only`, {
      code: 'playKey',
      class: 'denied',
      hint: 'Make one of your own with `tender account new NAME`, and name it with --account.',
    })
  }
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
