import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { contactArguments, type MonitorContact } from '../internal/contact.ts'
import { send } from '../internal/send.ts'

export type SetMonitorContactParameters = MonitorContact
export type SetMonitorContactReturnType = { transaction: Hex }

/**
 * Tells where the client's account, a monitor, is dialled from now on.
 *
 * @throws {ContractError} `NotMonitor`, `ContactTooLong`
 *
 * @example
 * await setMonitorContact(market, { publicKey, addresses: ['/dns4/monitor.example/tcp/4001'] })
 */
export async function setMonitorContact(
  client: MarketClient,
  contact: SetMonitorContactParameters,
): Promise<SetMonitorContactReturnType> {
  const { transactionHash } = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'setContact', args: contactArguments(contact) }),
  })
  return { transaction: transactionHash }
}
