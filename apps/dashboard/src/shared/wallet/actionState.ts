import type { Hex } from 'viem'
import type { AccountNews } from './openMarket.ts'

/** How far something that somebody asked for is. `tx` stands from when it was sent. */
export type ActionState<Result = unknown> =
  | { step: 'idle' }
  | { step: 'preparing' }
  | { step: 'switching' }
  | { step: 'signing'; what: string; asks: boolean }
  | { step: 'sent'; tx: Hex }
  | { step: 'done'; result: Result; tx: Hex | undefined }
  | { step: 'failed'; error: unknown; tx: Hex | undefined }

/** Nothing else can be started meanwhile. */
export function isBusy({ step }: ActionState): boolean {
  return step === 'preparing' || step === 'switching' || step === 'signing' || step === 'sent'
}

/** What an account's news make of the state. */
export function afterNews<Result>(news: AccountNews): ActionState<Result> {
  switch (news.type) {
    case 'switching':
      return { step: 'switching' }
    case 'signing':
      return { step: 'signing', what: news.what, asks: news.asks }
    case 'sent':
      return { step: 'sent', tx: news.tx }
  }
}

/** The transaction that was sent, if one was. */
export function txOf(state: ActionState): Hex | undefined {
  return 'tx' in state ? state.tx : undefined
}
