import {
  type Address,
  type Hex,
  keccak256,
  type LocalAccount,
  type PublicClient,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from 'viem'
import type { ChainClient, MarketAccount } from '../createMarketClient.ts'
import {
  AccountMissingError,
  GasMoneyMissingError,
  ReceiptTimeoutError,
  RpcRejectedError,
} from '../errors/chainErrors.ts'
import { translated } from '../errors/translated.ts'
import { sleep } from './sleep.ts'

/** Gas above the estimate, in percent: state may change between estimate and block. */
const GAS_MARGIN_PERCENT = 25n

export type Call = {
  /** Absent for a deployment. */
  to?: Address | undefined
  data: Hex
  /** Of the chain's own coin, wei. @default none */
  value?: bigint
}

/** The client's account. @throws {AccountMissingError} */
export function accountOf({ account }: ChainClient): MarketAccount {
  if (!account) throw new AccountMissingError()
  return account
}

/**
 * Sends one transaction and waits until it is mined. What a contract refuses is refused while estimating, before anything
 * is spent or a nonce is used.
 *
 * @throws {ContractError} @throws {RpcUnreachableError} @throws {GasMoneyMissingError} @throws {ReceiptTimeoutError}
 */
export async function send(client: ChainClient, call: Call): Promise<TransactionReceipt> {
  const account = accountOf(client)
  const estimate = await translated(client, client.rpc.estimateGas({ ...call, account: account.address }))
  const gas = estimate + (estimate * GAS_MARGIN_PERCENT) / 100n
  if ('sendTransaction' in account) {
    return included(client, call, await account.sendTransaction({ ...call, gas }))
  }
  const hash = await translated(
    client,
    client.lane.run(
      () => client.rpc.getTransactionCount({ address: account.address, blockTag: 'pending' }),
      (nonce) => submit(client, account, { ...call, gas, nonce }),
    ),
  )
  try {
    return await included(client, call, hash)
  } finally {
    client.lane.settled()
  }
}

async function included(client: ChainClient, call: Call, hash: Hex): Promise<TransactionReceipt> {
  const receipt = await receiptOf(client, hash)
  client.spent.transactions += 1
  client.spent.gas += receipt.gasUsed
  if (receipt.status === 'reverted') await explainRevert(client, accountOf(client).address, call, receipt)
  return receipt
}

/** Signs here, so that the transaction's hash is known before it is sent. */
async function submit(client: ChainClient, account: LocalAccount, call: Call & { gas: bigint; nonce: number }) {
  const fees = await client.rpc.estimateFeesPerGas()
  const signed = await account.signTransaction({ ...call, ...fees, chainId: client.chainId, type: 'eip1559' })
  const hash = keccak256(signed)
  try {
    await client.rpc.sendRawTransaction({ serializedTransaction: signed })
    return hash
  } catch (error) {
    // A retry after a lost answer is refused, though the first try went through.
    if (await isKnown(client.rpc, hash)) return hash
    const available = await client.rpc.getBalance(account)
    const needed = call.gas * fees.maxFeePerGas + (call.value ?? 0n)
    if (available < needed) throw new GasMoneyMissingError(account.address, { needed, available }, error)
    throw error
  }
}

function isKnown(rpc: PublicClient, hash: Hex): Promise<boolean> {
  return rpc.getTransaction({ hash }).then(
    () => true,
    () => false,
  )
}

/** Polls: waiting for a notification over a socket can hang when blocks come at once. */
async function receiptOf(client: ChainClient, hash: Hex): Promise<TransactionReceipt> {
  const deadline = performance.now() + client.receiptTimeoutMs
  for (;;) {
    const receipt = await translated(client, findReceipt(client.rpc, hash))
    if (receipt) return receipt
    if (performance.now() > deadline) throw new ReceiptTimeoutError(hash, client.receiptTimeoutMs)
    await sleep(client.pollingIntervalMs, client.signal)
  }
}

async function findReceipt(rpc: PublicClient, hash: Hex): Promise<TransactionReceipt | undefined> {
  try {
    return await rpc.getTransactionReceipt({ hash })
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw error
  }
}

/** Between estimate and block the state changed: asks the block's state why. */
async function explainRevert(
  client: ChainClient,
  account: Address,
  call: Call,
  { blockNumber, transactionHash }: TransactionReceipt,
): Promise<never> {
  await translated(client, client.rpc.call({ ...call, account, blockNumber }))
  throw new RpcRejectedError(`transaction ${transactionHash} reverted`, undefined)
}
