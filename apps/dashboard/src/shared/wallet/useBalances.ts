import { useQuery } from '@tanstack/react-query'
import { useOpenMarket, useWallet } from './useWallet.ts'

/** What the connected account has of each asset, read from the chain by the page itself. Smallest units. */
export function useBalances() {
  const { connection } = useWallet()
  const { data: open } = useOpenMarket()
  return useQuery({
    queryKey: ['balances', connection?.address, open?.client.book.contracts.leaseEscrow],
    enabled: connection !== undefined && open !== undefined,
    refetchInterval: 15_000,
    async queryFn() {
      if (!connection || !open) throw new Error('there is no account to ask for')
      const { getBalances } = await import('@tender/sdk')
      return getBalances(open.client, { account: connection.address })
    },
  })
}
