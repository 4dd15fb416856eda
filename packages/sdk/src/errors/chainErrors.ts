import { type FailureClass, TenderError, UnreachableError } from '@tender/protocol'
import type { Address, Hex } from 'viem'

/** The endpoint serves another chain. */
export class WrongChainError extends TenderError {
  readonly expected: number
  readonly found: number

  constructor({ rpcUrl, expected, found }: { rpcUrl: string; expected: number; found: number }) {
    const { origin } = new URL(rpcUrl)
    super(`${origin} serves chain ${found}, but this market is on chain ${expected}`, {
      code: 'wrongChain',
      class: 'user',
      hint: `Use an RPC endpoint of chain ${expected}.`,
      data: { origin, expected, found },
    })
    this.expected = expected
    this.found = found
  }
}

/** The endpoint did not answer, also not when asked again. */
export class RpcUnreachableError extends UnreachableError {
  constructor(url: string | undefined, cause: unknown) {
    // Only where it is: the rest of an endpoint's URL often holds a key.
    const origin = url && new URL(url).origin
    super(`the chain's RPC endpoint ${origin ? `${origin} ` : ''}does not answer`, {
      code: 'rpcUnreachable',
      hint: 'Check that the address is right and that the node runs.',
      cause,
      data: { origin },
    })
  }
}

/** The endpoint answered with an error that is not a contract's. */
export class RpcRejectedError extends TenderError {
  constructor(reason: string, cause: unknown) {
    super(`the chain's RPC endpoint refused: ${reason}`, { code: 'rpcRejected', class: 'chain', cause })
  }
}

/** The sending account cannot pay for the transaction itself. `data` has what it needs at most and what it has, wei. */
export class GasMoneyMissingError extends TenderError {
  constructor(account: Address, facts: { needed: bigint; available: bigint }, cause: unknown) {
    super(`${account} cannot pay the chain's fee for this transaction`, {
      code: 'gasMoneyMissing',
      class: 'funds',
      hint: "Send the account some of the chain's own coin.",
      cause,
      data: { account, ...facts },
    })
  }
}

/** An action that signs was called on a client that only reads. */
export class AccountMissingError extends TenderError {
  constructor() {
    super('this needs an account, but the client only reads', {
      code: 'accountMissing',
      class: 'user',
      hint: 'Create the client with an account.',
    })
  }
}

/** There is no contract where the address book says there is. */
export class NoMarketError extends TenderError {
  constructor(contract: string, address: Address, chainId: number) {
    super(`there is no ${contract} at ${address} on chain ${chainId}`, {
      code: 'noMarket',
      class: 'notFound',
      hint: 'The address book is of another deployment, or the chain was started anew.',
      data: { contract, address, chainId },
    })
  }
}

/** The transaction was sent but not mined in time. It may still be. */
export class ReceiptTimeoutError extends TenderError {
  readonly hash: Hex

  constructor(hash: Hex, limitMs: number) {
    super(`transaction ${hash} was not mined within ${limitMs} ms`, {
      code: 'receiptTimeout',
      class: 'network',
      hint: 'It may still be mined: look it up before sending again.',
      data: { hash, limitMs },
    })
    this.hash = hash
  }
}

/** A contract said no. `code` is the custom error's name with a small first letter; `data` holds its arguments by name. */
export class ContractError extends TenderError {
  /** The custom error's name, e.g. `InsufficientBalance`. */
  readonly errorName: string
  /** Its arguments by name, undressed. */
  readonly args: Readonly<Record<string, unknown>>

  constructor(
    errorName: string,
    args: Readonly<Record<string, unknown>>,
    words: { message: string; hint?: string | undefined; class: FailureClass; cause?: unknown },
  ) {
    super(words.message, {
      code: errorName.charAt(0).toLowerCase() + errorName.slice(1),
      class: words.class,
      hint: words.hint,
      cause: words.cause,
      data: args,
    })
    this.errorName = errorName
    this.args = args
  }
}
