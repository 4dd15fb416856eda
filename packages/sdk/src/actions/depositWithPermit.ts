import { leaseEscrowAbi, testDollarAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex, parseEventLogs, parseSignature } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { first } from '../internal/first.ts'
import { accountOf, send } from '../internal/send.ts'
import { getChainTime } from './getChainTime.ts'

const permitTypes = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const

/** Long enough for a slow chain, short enough that a permit that was never sent is soon worthless. */
const PERMIT_SECONDS = 3600

export type DepositWithPermitParameters = {
  /** A token with EIP-2612 permits. */
  asset: Address
  /** Smallest units. */
  amount: bigint
}
export type DepositWithPermitReturnType = { transaction: Hex; received: bigint }

/**
 * Moves tokens from the client's account into its own escrow balance, in one transaction.
 *
 * @throws {ContractError} `AssetNotAllowed`, `ERC20InsufficientBalance`
 *
 * @example
 * const { received } = await depositWithPermit(market, { asset, amount: 25_000_000n })
 * // 25000000n  (25 USDC)
 */
export async function depositWithPermit(
  client: MarketClient,
  { asset, amount }: DepositWithPermitParameters,
): Promise<DepositWithPermitReturnType> {
  const owner = accountOf(client).address
  const { leaseEscrow } = client.book.contracts
  const { v, r, s, deadline } = await signPermit(client, { asset, amount })
  const receipt = await send(client, {
    to: leaseEscrow,
    data: encodeFunctionData({
      abi: leaseEscrowAbi,
      functionName: 'depositWithPermit',
      args: [owner, asset, amount, deadline, v, r, s],
    }),
  })
  const events = parseEventLogs({ abi: leaseEscrowAbi, logs: receipt.logs, eventName: 'Deposited' })
  return { transaction: receipt.transactionHash, received: first(events, 'Deposited').args.amount }
}

async function signPermit(client: MarketClient, { asset, amount }: DepositWithPermitParameters) {
  const account = accountOf(client)
  const token = { address: asset, abi: testDollarAbi } as const
  const [nonce, eip712, { timestamp }] = await Promise.all([
    translated(client, client.rpc.readContract({ ...token, functionName: 'nonces', args: [account.address] })),
    translated(client, client.rpc.readContract({ ...token, functionName: 'eip712Domain' })),
    getChainTime(client),
  ])
  const [, name, version, chainId, verifyingContract] = eip712
  const deadline = BigInt(timestamp + PERMIT_SECONDS)
  const signature = await account.signTypedData({
    domain: { name, version, chainId, verifyingContract },
    types: permitTypes,
    primaryType: 'Permit',
    message: { owner: account.address, spender: client.book.contracts.leaseEscrow, value: amount, nonce, deadline },
  })
  const { r, s, yParity } = parseSignature(signature)
  return { v: 27 + yParity, r, s, deadline }
}
