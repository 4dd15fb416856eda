import { TenderError } from '@tender/protocol/errors'

/** Codes of EIP-1193 and EIP-3085, as wallets throw them. */
const REJECTED = 4001
const UNAUTHORISED = 4100
const UNKNOWN_CHAIN = 4902
/** The wallet waits for an answer to an earlier request. */
const ALREADY_ASKING = -32_002

/** The number by which a wallet says what is wrong; some hide it below. */
export function walletCode(error: unknown): number | undefined {
  for (let cause = error, depth = 0; typeof cause === 'object' && cause !== null && depth < 6; depth++) {
    if ('code' in cause && typeof cause.code === 'number') return cause.code
    const data = 'data' in cause ? cause.data : undefined
    if (typeof data === 'object' && data !== null && 'originalError' in data) cause = data.originalError
    else cause = 'cause' in cause ? cause.cause : undefined
  }
  return undefined
}

/** The wallet has never heard of the chain, so that it has to be added first. */
export function isUnknownChain(error: unknown): boolean {
  return walletCode(error) === UNKNOWN_CHAIN
}

/** Whether whoever holds the wallet said no. */
export function isRejected(error: unknown): boolean {
  return error instanceof TenderError ? error.code === 'rejected' : walletCode(error) === REJECTED
}

/** What a wallet threw, in words: what happened, and what to do. */
export function walletError(error: unknown, doing: string): unknown {
  if (error instanceof TenderError) return error
  switch (walletCode(error)) {
    case REJECTED:
      return new TenderError(`you declined ${doing} in your wallet: nothing was signed, nothing was sent`, {
        code: 'rejected',
        class: 'cancelled',
        cause: error,
      })
    case UNAUTHORISED:
      return new TenderError('the wallet does not show this page that account any more', {
        code: 'walletUnauthorised',
        class: 'denied',
        hint: 'Connect the wallet again.',
        cause: error,
      })
    case ALREADY_ASKING:
      return new TenderError('the wallet already waits for an answer of yours', {
        code: 'walletBusy',
        class: 'conflict',
        hint: 'Open the wallet, answer or close what it asks, and try again.',
        cause: error,
      })
    case undefined:
      return error
    default:
      return new TenderError(`the wallet refused ${doing}: ${messageOf(error)}`, {
        code: 'walletRefused',
        class: 'chain',
        cause: error,
      })
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Error && 'shortMessage' in error && typeof error.shortMessage === 'string') {
    return error.shortMessage
  }
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}
