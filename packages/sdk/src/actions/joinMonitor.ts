import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { contactArguments, type MonitorContact } from '../internal/contact.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'

export type JoinMonitorParameters = MonitorContact & {
  /** Whole stake tokens of the account's own pool that are locked. */
  weight: number
}
export type JoinMonitorReturnType = {
  transaction: Hex
  /** By which its signatures are told apart until it leaves. */
  index: number
}

/**
 * Makes the client's account a monitor, from the next era by the clock on. It stakes into its own pool first.
 *
 * @throws {ContractError} `AlreadyMonitor`, `WeightTooLow`, `InsufficientStake`, `TooManyMonitors`, `ContactTooLong`
 *
 * @example
 * await stake(market, { monitor: account.address, amount: parseUnits('5000', 18) })
 * const { index } = await joinMonitor(market, { weight: 5000, publicKey, addresses: ['/ip4/203.0.113.5/tcp/4001'] })
 */
export async function joinMonitor(
  client: MarketClient,
  { weight, ...contact }: JoinMonitorParameters,
): Promise<JoinMonitorReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({
      abi: eraReportsAbi,
      functionName: 'join',
      args: [weight, ...contactArguments(contact)],
    }),
  })
  const events = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'MonitorJoined' })
  return { transaction: receipt.transactionHash, index: first(events, 'MonitorJoined').args.index }
}
