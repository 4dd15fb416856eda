import type { EmbeddedAccount, Market } from '@tender/api'
import { TenderError } from '@tender/protocol'
import { createMarketClient, type MarketAccount, type MarketClient, parseAddressBook } from '@tender/sdk'
import {
  type Address,
  createWalletClient,
  custom,
  type Hex,
  type LocalAccount,
  type SignTypedDataParameters,
  toHex,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { keccak256 } from 'viem/utils'
import type { Connection, WalletConnection } from './connection.ts'
import { walletError } from './walletErrors.ts'
import { providerOf, readWallet, switchChain } from './walletStore.ts'

// Everything here needs viem and the contracts' interfaces: it is loaded once somebody acts.

/** What an account is about to do or just did, for whoever shows it. */
export type AccountNews =
  | { type: 'switching' }
  /** `what` is `transaction`, or an EIP-712 message's primary type. `asks`: a wallet opens for it. */
  | { type: 'signing'; what: string; asks: boolean }
  | { type: 'sent'; tx: Hex }

export type Tell = (news: AccountNews) => void

/** A market to read from and, with a connection, to act in. */
export type OpenMarket = {
  /** Whether somebody is asked for each signature: it takes as long as they do. */
  asks: boolean
  /** Reads, and acts with the connected account without telling anybody. */
  client: MarketClient
  /** The same, telling what the account does. */
  acting(tell: Tell): MarketClient
  /** Signs a text (EIP-191), for signing in. */
  signMessage(message: string, tell: Tell): Promise<Hex>
}

const nobody: Tell = () => {}

/** Opens the market that a gateway tells of. `playKey` is needed for play accounts. @throws see `createMarketClient` */
export async function openMarket(
  market: Market,
  connection: Connection | undefined,
  playAccounts: readonly EmbeddedAccount[],
): Promise<OpenMarket> {
  const account = connection && accountFor(market, connection, playAccounts)
  const { chainId, deployBlock, contracts, rpcUrl, assets } = market
  const book = parseAddressBook({ chainId, deployBlock, contracts, assets: assets.map(({ address }) => address) })
  const client = await createMarketClient({ rpcUrl, book, account: account?.signer(nobody) })
  return {
    asks: connection?.kind === 'wallet',
    client,
    acting: (tell) => ({ ...client, account: account?.signer(tell) }),
    async signMessage(message, tell) {
      if (!account) throw notConnected()
      return account.signMessage(message, tell)
    },
  }
}

/** @throws {TenderError} `noAccount` */
export function notConnected(): TenderError {
  return new TenderError('no account is connected', {
    code: 'noAccount',
    class: 'user',
    hint: 'Connect a wallet first.',
  })
}

type Account = { signer(tell: Tell): MarketAccount; signMessage(message: string, tell: Tell): Promise<Hex> }

function accountFor(market: Market, connection: Connection, playAccounts: readonly EmbeddedAccount[]): Account {
  if (connection.kind === 'wallet') return walletAccount(market, connection)
  const known = playAccounts.find(({ address }) => address === connection.address)
  if (!known) {
    throw new TenderError('the embedded market was started anew and has other accounts', {
      code: 'playAccountGone',
      class: 'notFound',
      hint: 'Choose one of its accounts again.',
    })
  }
  return keyAccount(privateKeyToAccount(known.privateKey))
}

function keyAccount(account: LocalAccount): Account {
  return {
    signer: (tell) => ({
      ...account,
      async signTransaction(...given) {
        tell({ type: 'signing', what: 'transaction', asks: false })
        const signed = await account.signTransaction(...given)
        tell({ type: 'sent', tx: keccak256(signed) })
        return signed
      },
      async signTypedData(typed) {
        tell({ type: 'signing', what: String(typed.primaryType), asks: false })
        return account.signTypedData(typed)
      },
    }),
    async signMessage(message, tell) {
      tell({ type: 'signing', what: 'SignIn', asks: false })
      return account.signMessage({ message })
    },
  }
}

function walletAccount(market: Market, connected: WalletConnection): Account {
  const { address } = connected
  const client = () => createWalletClient({ account: address, transport: custom(providerOf(connected)) })

  /** The wallet may have changed since the page last looked. */
  async function ready(tell: Tell): Promise<void> {
    const { connection } = readWallet()
    if (connection?.kind !== 'wallet' || connection.address !== address) throw otherAccount(address)
    if (connection.chainId === market.chainId) return
    tell({ type: 'switching' })
    await switchChain(connection, market)
  }

  async function asking<Answer>(what: string, tell: Tell, ask: () => Promise<Answer>): Promise<Answer> {
    await ready(tell)
    tell({ type: 'signing', what, asks: true })
    try {
      return await ask()
    } catch (error) {
      throw walletError(error, what === 'transaction' ? 'the transaction' : 'the signature')
    }
  }

  return {
    signer: (tell) => ({
      address,
      signTypedData: (typed) =>
        // CAST: the same message; viem's types of it differ by whether the account is known
        asking(String(typed.primaryType), tell, () =>
          client().signTypedData(typed as unknown as SignTypedDataParameters),
        ),
      async sendTransaction({ to, data, value, gas }) {
        const transaction = {
          from: address,
          data,
          gas: toHex(gas),
          ...(to && { to }),
          ...(value && { value: toHex(value) }),
        }
        const ask = () => providerOf(connected).request({ method: 'eth_sendTransaction', params: [transaction] })
        const tx = await asking('transaction', tell, ask)
        tell({ type: 'sent', tx })
        return tx
      },
    }),
    signMessage: (message, tell) => asking('SignIn', tell, () => client().signMessage({ message })),
  }
}

function otherAccount(address: Address): TenderError {
  return new TenderError(`the wallet is not on ${address} any more`, {
    code: 'otherAccount',
    class: 'conflict',
    hint: 'Choose that account in the wallet again, or start over with the one that is chosen now.',
  })
}
