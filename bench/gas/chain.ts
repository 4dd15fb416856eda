import { setTimeout } from 'node:timers/promises'
import type { LocalChain } from '@tender/localchain'
import {
  type Account,
  type Address,
  createTestClient,
  createWalletClient,
  type Hex,
  http,
  publicActions,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from 'viem'
import { foundry } from 'viem/chains'

const RECEIPT_TIMEOUT_MS = 30_000
const POLLING_MS = 2
/** Below a block's limit, above what any of our transactions needs: estimating would double the time. */
const GAS_LIMIT = 25_000_000n

export type Call = { to?: Address; data: Hex }
export type Bench = ReturnType<typeof createBench>

/** Sends real transactions to `chain` and reads their receipts, until `signal` is aborted. */
export function createBench(chain: LocalChain, signal: AbortSignal) {
  const transport = http(chain.url)
  const rpc = createTestClient({ chain: foundry, mode: 'anvil', transport }).extend(publicActions)

  /** Asks until the block is mined: viem's own waiting also watches blocks, and once in a while misses the last one. */
  async function receiptOf(hash: Hex): Promise<TransactionReceipt> {
    const deadline = Date.now() + RECEIPT_TIMEOUT_MS
    while (Date.now() < deadline) {
      const receipt = await rpc.getTransactionReceipt({ hash }).catch(notYet)
      if (receipt) return receipt
      await setTimeout(POLLING_MS)
    }
    throw new Error(`transaction ${hash} was not mined within ${RECEIPT_TIMEOUT_MS} ms`)
  }

  /** Mines the call in a block of its own. @throws if it fails, or does not although `fails` says so */
  async function send(account: Account, { to, data }: Call, { fails = false } = {}): Promise<TransactionReceipt> {
    signal.throwIfAborted()
    const wallet = createWalletClient({ account, chain: foundry, transport })
    const hash = await wallet.sendTransaction({ ...(to ? { to } : {}), data, gas: GAS_LIMIT })
    const receipt = await receiptOf(hash)
    if (fails !== (receipt.status === 'reverted')) {
      await rpc.call({ account, data, gas: GAS_LIMIT, ...(to ? { to } : {}) }) // says why
      throw new Error(`transaction ${hash}: ${receipt.status}`)
    }
    return receipt
  }

  return {
    rpc,
    send,
    /** Chain time, Unix seconds. */
    now: async () => Number((await rpc.getBlock()).timestamp),
    /** Moves the clock on for the next block. */
    pass: (seconds: number) => rpc.increaseTime({ seconds }),
  }
}

function notYet(error: unknown): undefined {
  if (!(error instanceof TransactionReceiptNotFoundError)) throw error
}
