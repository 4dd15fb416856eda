import { queryOptions, useQuery } from '@tanstack/react-query'
import type { EmbeddedAccount } from '@tender/api'
import { useEffect, useSyncExternalStore } from 'react'
import { api } from '../api/client.ts'
import { useMarket } from '../api/queries.ts'
import { recall } from './connection.ts'
import { connectPlay, giveUpRestoring, readWallet, subscribeToWallet, type WalletState } from './walletStore.ts'

/** The account that is connected, and the wallets there are. */
export function useWallet(): WalletState {
  return useSyncExternalStore(subscribeToWallet, readWallet)
}

const none: readonly EmbeddedAccount[] = []

/** The embedded market's ready-made accounts; none elsewhere. */
export function usePlayAccounts(): readonly EmbeddedAccount[] | undefined {
  const { data: market } = useMarket()
  const { data } = useQuery({ ...playAccountsQuery, enabled: market?.embedded === true })
  const accounts = market && !market.embedded ? none : data?.items
  useEffect(() => restorePlay(accounts), [accounts])
  return accounts
}

const playAccountsQuery = queryOptions({
  queryKey: ['embedded', 'accounts'],
  queryFn: ({ signal }) => api.listEmbeddedAccounts({}, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

function restorePlay(accounts: readonly EmbeddedAccount[] | undefined): void {
  const last = recall()
  if (!accounts || last?.kind !== 'play' || readWallet().connection) return
  const account = accounts.find(({ address }) => address === last.address)
  if (account) connectPlay(account)
  else giveUpRestoring()
}

/** The market's client, with the connected account if there is one. viem is loaded when this is first used. */
export function useOpenMarket() {
  const { data: market } = useMarket()
  const { connection } = useWallet()
  const playAccounts = usePlayAccounts()
  return useQuery({
    // A gateway that has not looked at its chain yet knows no assets.
    queryKey: [
      'openMarket',
      market?.chainId,
      market?.contracts.orderBook,
      market?.assets.length,
      connection?.kind,
      connection?.address,
    ],
    enabled: market !== undefined && playAccounts !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    async queryFn() {
      if (!market || !playAccounts) throw new Error('the market is not read yet')
      const { openMarket } = await import('./openMarket.ts')
      return openMarket(market, connection, playAccounts)
    },
  })
}
