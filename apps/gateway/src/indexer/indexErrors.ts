import { TenderError, UnreachableError } from '@tender/protocol'

const hint = 'Use the database of that market, or give this gateway an empty one.'

/** The database was filled from another market. */
export function otherMarket(data: { what: string; kept: string | number; given: string | number }): TenderError {
  const { what, kept, given } = data
  return new TenderError(`the database is of another market: its ${what} is ${kept}, not ${given}`, {
    code: 'otherMarket',
    class: 'conflict',
    hint,
    data,
  })
}

/** The chain is not the one that the database was filled from, or went back further than can be undone. */
export function otherChain(message: string, data: Record<string, unknown>): TenderError {
  return new TenderError(message, {
    code: 'otherChain',
    class: 'conflict',
    hint: 'Check the RPC endpoint. If the chain really was started anew, give this gateway an empty database.',
    data,
  })
}

/** Whether the database is of another market or chain, as the errors above say. */
export function isRefusal(error: unknown): boolean {
  return error instanceof TenderError && (error.code === 'otherMarket' || error.code === 'otherChain')
}

/** The node does not know yet what we read elsewhere. */
export function nodeBehind(head: number, known: number): UnreachableError {
  return new UnreachableError(`the RPC endpoint is at block ${head}, behind block ${known} that was read before`, {
    code: 'nodeBehind',
    data: { head, known },
  })
}
