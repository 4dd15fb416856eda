import { errorsAbi } from '@tender/abi'
import { TenderError } from '@tender/protocol'
import {
  type Address,
  BaseError,
  decodeErrorResult,
  type Hex,
  HttpRequestError,
  InsufficientFundsError,
  isHex,
  LimitExceededRpcError,
  TimeoutError,
} from 'viem'
import type { MarketAsset } from '../actions/getAsset.ts'
import { ContractError, GasMoneyMissingError, RpcRejectedError, RpcUnreachableError } from './chainErrors.ts'
import { wordsFor } from './contractWords.ts'

/** What makes amounts readable in messages. */
export type Translating = {
  readonly assets: ReadonlyMap<string, MarketAsset>
  readonly account?: { address: Address } | undefined
}

/** Awaits a call of viem's and turns what it throws into an error of ours. */
export async function translated<T>(context: Translating, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw translate(context, error)
  }
}

function translate(context: Translating, error: unknown): unknown {
  if (!(error instanceof BaseError) || error instanceof TenderError || error.name === 'AbortError') return error
  const revert = revertData(error)
  if (revert) return contractError(context, revert, error)
  const unreachable = error.walk(isUnreachable)
  if (unreachable)
    return new RpcUnreachableError(unreachable instanceof HttpRequestError ? unreachable.url : undefined, error)
  if (error.walk((cause) => cause instanceof InsufficientFundsError)) {
    return new GasMoneyMissingError(context.account?.address, error)
  }
  return new RpcRejectedError(error.details || error.shortMessage, error)
}

function isUnreachable(cause: unknown): boolean {
  return cause instanceof HttpRequestError || cause instanceof TimeoutError || cause instanceof LimitExceededRpcError
}

/** What a contract reverted with, wherever viem and the node put it. */
function revertData(error: unknown): Hex | undefined {
  for (
    let cause = error;
    typeof cause === 'object' && cause !== null;
    cause = 'cause' in cause ? cause.cause : undefined
  ) {
    const found = [read(cause, 'raw'), read(cause, 'data'), read(read(cause, 'data'), 'data')]
    const data = found.find((value) => isHex(value))
    if (data) return data
  }
  return undefined
}

function read(from: unknown, key: string): unknown {
  // CAST: any object may be asked for any key
  return typeof from === 'object' && from !== null ? (from as Record<string, unknown>)[key] : undefined
}

function contractError(context: Translating, data: Hex, cause: unknown): ContractError {
  const decoded = decode(data)
  if (!decoded) {
    const message = data === '0x' ? 'the contract refused without a reason' : `the contract refused: ${data}`
    return new ContractError('UnknownRevert', { data }, { message, class: 'chain', cause })
  }
  return new ContractError(decoded.name, decoded.args, { ...wordsFor(decoded.name, decoded.args, context), cause })
}

function decode(data: Hex): { name: string; args: Record<string, unknown> } | undefined {
  try {
    const { errorName, args, abiItem } = decodeErrorResult({ abi: errorsAbi, data })
    const inputs: readonly { name?: string }[] = 'inputs' in abiItem ? abiItem.inputs : []
    const values: readonly unknown[] = args ?? []
    return { name: errorName, args: Object.fromEntries(inputs.map(({ name }, i) => [name ?? String(i), values[i]])) }
  } catch {
    return undefined // an error that none of the contracts declares
  }
}
