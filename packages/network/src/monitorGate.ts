import type { Address } from 'viem'
import { DeniedError } from './errors.ts'
import type { Caller } from './market.ts'

/** Whether an account is one of the market's monitors now. May ask the chain; what it throws is what the caller is told. */
export type IsMonitor = (address: Address, signal: AbortSignal) => Promise<boolean>

/** @throws {DeniedError} `notMonitor` */
export async function admitMonitor(isMonitor: IsMonitor, { address }: Caller, signal: AbortSignal): Promise<void> {
  if (await isMonitor(address, signal)) return
  throw new DeniedError('notMonitor', `${address} is not a monitor of this market`)
}
