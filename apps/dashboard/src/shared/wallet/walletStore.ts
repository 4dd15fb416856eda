import { TenderError } from '@tender/protocol/errors'
import { createStore, type EIP6963ProviderDetail } from 'mipd'
import type { Address } from 'viem'
import { type Connection, type PlayConnection, recall, remember, type WalletConnection } from './connection.ts'
import { isUnknownChain, walletError } from './walletErrors.ts'

/** A wallet that announced itself (EIP-6963). */
export type Wallet = EIP6963ProviderDetail

export type WalletState = {
  connection: Connection | undefined
  /** Wallets in this browser. */
  wallets: readonly Wallet[]
  /** Name of the wallet that is being asked. */
  connecting: string | undefined
  /** The connection of the last visit is looked for. */
  restoring: boolean
}

/** What a wallet needs to know of a chain to go there. */
export type ChainFacts = { chainId: number; rpcUrl: string }

let state: WalletState = {
  connection: undefined,
  wallets: [],
  connecting: undefined,
  restoring: recall() !== undefined,
}
const listeners = new Set<() => void>()
const announced = createStore()
let forgetListeners = () => {}

function set(change: Partial<WalletState>): void {
  state = { ...state, ...change }
  for (const tell of listeners) tell()
}

announced.subscribe((wallets) => {
  set({ wallets })
  void restoreWallet()
})
set({ wallets: announced.getProviders() })
void restoreWallet()

export function subscribeToWallet(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function readWallet(): WalletState {
  return state
}

/** Asks a wallet for its accounts; it opens for that. @throws {TenderError} `rejected`, `walletBusy`, `noWalletAccount` */
export async function connectWallet(wallet: Wallet): Promise<void> {
  set({ connecting: wallet.info.name })
  try {
    await adopt(wallet, await wallet.provider.request({ method: 'eth_requestAccounts' }))
  } catch (error) {
    throw walletError(error, 'the connection')
  } finally {
    set({ connecting: undefined })
  }
}

/** Uses one of the embedded market's accounts. */
export function connectPlay(connection: Omit<PlayConnection, 'kind'>): void {
  forgetListeners()
  connected({ kind: 'play', ...connection })
}

/** Forgets the account. What is deposited or rented stays as it is. */
export function disconnect(): void {
  forgetListeners()
  remember(undefined)
  set({ connection: undefined, restoring: false })
}

/** The last visit's play account is not there any more. */
export function giveUpRestoring(): void {
  if (state.restoring) set({ restoring: false })
}

/** The EIP-1193 provider behind a connection. @throws {TenderError} `walletGone` */
export function providerOf({ rdns, name }: WalletConnection): Wallet['provider'] {
  const wallet = state.wallets.find(({ info }) => info.rdns === rdns)
  if (wallet) return wallet.provider
  throw new TenderError(`${name} is not there any more`, {
    code: 'walletGone',
    class: 'notFound',
    hint: 'Unlock or enable it, reload the page, and connect it again.',
  })
}

/** Has the wallet go to the market's chain, and adds the chain if the wallet does not know it. */
export async function switchChain(connection: WalletConnection, chain: ChainFacts): Promise<void> {
  const provider = providerOf(connection)
  const chainId: `0x${string}` = `0x${chain.chainId.toString(16)}`
  try {
    await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId }] }).catch((error) => {
      if (!isUnknownChain(error)) throw error
      const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 }
      const chainName = `Tender's chain ${chain.chainId}`
      const added = { chainId, chainName, nativeCurrency, rpcUrls: [chain.rpcUrl] }
      return provider.request({ method: 'wallet_addEthereumChain', params: [added] })
    })
    await adopt(walletOf(connection), [connection.address])
  } catch (error) {
    throw walletError(error, 'the change of chain')
  }
}

function walletOf(connection: WalletConnection): Wallet {
  const wallet = state.wallets.find(({ info }) => info.rdns === connection.rdns)
  if (!wallet)
    throw new TenderError(`${connection.name} is not there any more`, { code: 'walletGone', class: 'notFound' })
  return wallet
}

/** Connects without asking, if the wallet of the last visit still shows its accounts. */
async function restoreWallet(): Promise<void> {
  const last = recall()
  if (state.connection || last?.kind !== 'wallet') return
  const wallet = state.wallets.find(({ info }) => info.rdns === last.rdns)
  if (!wallet) {
    // Wallets announce themselves within a moment of being asked; whoever does not is not there.
    setTimeout(() => set({ restoring: false }), 1000)
    return
  }
  try {
    const accounts = await wallet.provider.request({ method: 'eth_accounts' })
    if (accounts.length > 0) await adopt(wallet, accounts)
  } finally {
    set({ restoring: false })
  }
}

async function adopt(wallet: Wallet, accounts: readonly Address[]): Promise<void> {
  const [address] = accounts
  if (!address) {
    throw new TenderError(`${wallet.info.name} shows this page no account`, {
      code: 'noWalletAccount',
      class: 'user',
      hint: 'Choose an account in the wallet.',
    })
  }
  const chainId = Number(await wallet.provider.request({ method: 'eth_chainId' }))
  const { name, rdns, icon } = wallet.info
  follow(wallet)
  connected({ kind: 'wallet', address: await checksummed(address), name, rdns, icon, chainId })
}

/** As contracts and the gateway write it. viem comes only to those who connect. */
async function checksummed(address: Address): Promise<Address> {
  const { getAddress } = await import('viem/utils')
  return getAddress(address)
}

function connected(connection: Connection): void {
  remember(connection)
  set({ connection, restoring: false })
}

/** What is changed in the wallet itself shows here at once. */
function follow(wallet: Wallet): void {
  forgetListeners()
  const onAccounts = (accounts: readonly Address[]) => {
    if (accounts.length === 0) disconnect()
    else void adopt(wallet, accounts)
  }
  const onChain = (chainId: string) => {
    if (state.connection?.kind === 'wallet') set({ connection: { ...state.connection, chainId: Number(chainId) } })
  }
  wallet.provider.on('accountsChanged', onAccounts)
  wallet.provider.on('chainChanged', onChain)
  forgetListeners = () => {
    wallet.provider.removeListener('accountsChanged', onAccounts)
    wallet.provider.removeListener('chainChanged', onChain)
    forgetListeners = () => {}
  }
}
