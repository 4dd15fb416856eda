import { errorsAbi } from '@tender/abi'
import {
  type Address,
  BaseError,
  decodeErrorResult,
  type Hex,
  HttpRequestError,
  isAddress as isAddressText,
  isHex,
  LimitExceededRpcError,
  type PublicClient,
  TimeoutError,
} from 'viem'
import { type MarketAsset, readAsset } from '../internal/readAsset.ts'
import { ContractError, RpcRejectedError, RpcUnreachableError } from './chainErrors.ts'
import { missing, wordsFor } from './wordsFor.ts'

/** What is needed to make errors readable. */
export type Translating = {
  readonly rpc: PublicClient
  readonly assets: Map<string, MarketAsset>
}

/** Awaits a call of viem's and turns what it throws into an error of ours. */
export async function translated<T>(context: Translating, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw await translate(context, error)
  }
}

async function translate(context: Translating, error: unknown): Promise<unknown> {
  if (!(error instanceof BaseError)) return error
  hideEndpoint(error, context.rpc.transport.url)
  const aborted = error.walk((cause) => cause instanceof Error && cause.name === 'AbortError')
  if (aborted) return aborted
  const revert = revertData(error)
  if (revert) return contractError(context, revert, error)
  const unreachable = error.walk(isUnreachable)
  if (unreachable) {
    return new RpcUnreachableError(unreachable instanceof HttpRequestError ? unreachable.url : undefined, error)
  }
  return new RpcRejectedError(error.details || error.shortMessage, error)
}

/** viem writes the endpoint's whole URL into its errors, which end up in logs; all but where it is often holds a key. */
function hideEndpoint(error: unknown, url: string | undefined): void {
  if (url === undefined) return
  const { pathname, search } = new URL(url)
  const secret = pathname + search
  if (secret === '/') return
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const facts: Record<string, unknown> = Object.fromEntries(
      Object.getOwnPropertyNames(cause).map((name) => [name, read(cause, name)]),
    )
    for (const [name, value] of Object.entries(facts)) {
      if (typeof value === 'string') Object.assign(cause, { [name]: value.replaceAll(secret, '/…') })
      if (name === 'metaMessages' && Array.isArray(value)) {
        Object.assign(cause, { [name]: value.map((line) => String(line).replaceAll(secret, '/…')) })
      }
    }
  }
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

async function contractError(context: Translating, data: Hex, cause: unknown): Promise<ContractError> {
  const decoded = decode(data)
  if (!decoded) {
    const message = data === '0x' ? 'the contract refused without a reason' : `the contract refused: ${data}`
    return new ContractError('UnknownRevert', { data }, { message, class: 'chain', cause })
  }
  const { name, args } = decoded
  // Amounts are written in the asset's own units; if it cannot be asked, in smallest ones.
  if (isAddress(args.asset)) await readAsset(context, args.asset).catch(() => undefined)
  const short = missing(args)
  const facts = short === undefined ? args : { ...args, missing: short }
  return new ContractError(name, facts, { ...wordsFor(decoded, context.assets), cause })
}

function isAddress(value: unknown): value is Address {
  return typeof value === 'string' && isAddressText(value)
}

function decode(data: Hex): { name: string; signature: string; args: Record<string, unknown> } | undefined {
  try {
    const { errorName, args, abiItem } = decodeErrorResult({ abi: errorsAbi, data })
    const inputs: readonly { name?: string; type: string }[] = abiItem.inputs
    const values: readonly unknown[] = args ?? []
    return {
      name: errorName,
      signature: `${errorName}(${inputs.map(({ type }) => type).join(',')})`,
      args: Object.fromEntries(inputs.map(({ name }, i) => [name || String(i), values[i]])),
    }
  } catch {
    return undefined // an error that none of the contracts declares
  }
}
