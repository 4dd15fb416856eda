import { useQueryClient } from '@tanstack/react-query'
import type { MarketClient } from '@tender/sdk'
import { useCallback, useState } from 'react'
import { keys } from '../api/keys.ts'
import { type ActionState, afterNews, txOf } from './actionState.ts'
import type { OpenMarket, Tell } from './openMarket.ts'
import { useOpenMarket } from './useWallet.ts'

/** Something that an account does: how far it is, how to start it, how to forget how it went. */
export type Action<Input, Result> = {
  state: ActionState<Result>
  run(input: Input): Promise<Result | undefined>
  reset(): void
}

/** What an action works with. `tell` is for signatures that `market` does not make itself. */
export type Acting = { market: MarketClient; open: OpenMarket; tell: Tell }

/**
 * Does something with the connected account and keeps how far it is. What it throws becomes the state `failed`; afterwards what
 * the page knows of accounts and leases is read again.
 *
 * @example
 * const withdrawal = useAction(({ market }: Acting, amount: bigint) => withdraw(market, { asset, amount }))
 * <Button busy={isBusy(withdrawal.state)} onClick={() => withdrawal.run(5n)}>Withdraw</Button>
 */
export function useAction<Input, Result>(
  act: (acting: Acting, input: Input) => Promise<Result>,
): Action<Input, Result> {
  const [state, setState] = useState<ActionState<Result>>({ step: 'idle' })
  const { data, refetch } = useOpenMarket()
  const queries = useQueryClient()

  async function run(input: Input): Promise<Result | undefined> {
    setState({ step: 'preparing' })
    const tell: Tell = (news) => setState(afterNews<Result>(news))
    try {
      // Who is quicker than the chain answers is waited for.
      const open = data ?? (await refetch({ cancelRefetch: false, throwOnError: true })).data
      if (!open) throw new Error('the market is not read yet')
      const result = await act({ market: open.acting(tell), open, tell }, input)
      setState((last) => ({ step: 'done', result, tx: txOf(last) }))
      return result
    } catch (error) {
      setState((last) => ({ step: 'failed', error, tx: txOf(last) }))
      return undefined
    } finally {
      for (const queryKey of [['account'], ['leases'], ['lease'], ['balances'], keys.market()]) {
        void queries.invalidateQueries({ queryKey })
      }
    }
  }

  const reset = useCallback(() => setState({ step: 'idle' }), [])
  return { state, run, reset }
}
