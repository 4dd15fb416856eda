import type { Address } from 'viem'

/** An account of the embedded market, whose key everybody knows: play money. */
export type PlayConnection = { kind: 'play'; address: Address; name: string }

/** An account of a wallet in this browser. */
export type WalletConnection = {
  kind: 'wallet'
  address: Address
  /** What the wallet calls itself. */
  name: string
  /** Which wallet, in reverse domain notation. */
  rdns: string
  /** A picture as a data URL. */
  icon: string
  /** The chain that the wallet is on now. */
  chainId: number
}

/** Whose money moves. */
export type Connection = PlayConnection | WalletConnection

/** What is remembered of a connection, so that it is there again after a reload. No secret is in it. */
export type Remembered = { kind: 'play'; address: string } | { kind: 'wallet'; rdns: string }

const KEY = 'tender.account'

/** The connection of the last visit. */
export function recall(): Remembered | undefined {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null')
    if (typeof stored !== 'object' || stored === null || !('kind' in stored)) return undefined
    if (stored.kind === 'play' && 'address' in stored && typeof stored.address === 'string') {
      return { kind: 'play', address: stored.address }
    }
    if (stored.kind === 'wallet' && 'rdns' in stored && typeof stored.rdns === 'string') {
      return { kind: 'wallet', rdns: stored.rdns }
    }
  } catch {
    // What was stored by something else is no connection.
  }
  return undefined
}

export function remember(connection: Connection | undefined): void {
  if (!connection) localStorage.removeItem(KEY)
  else if (connection.kind === 'play') {
    localStorage.setItem(KEY, JSON.stringify({ kind: 'play', address: connection.address }))
  } else localStorage.setItem(KEY, JSON.stringify({ kind: 'wallet', rdns: connection.rdns }))
}
