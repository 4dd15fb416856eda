import { eraReportsAbi } from '@tender/abi'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetEraClockReturnType = {
  /** When the reports' contract was deployed, Unix seconds. */
  genesis: number
  /** How long an era is meant to be. By the clock they begin `genesis + n * eraSeconds`. */
  eraSeconds: number
}

/**
 * When eras begin by the clock. Never changes.
 *
 * @example
 * const { genesis, eraSeconds } = await getEraClock(market)
 */
export async function getEraClock(client: MarketClient): Promise<GetEraClockReturnType> {
  const reports = { address: client.book.contracts.eraReports, abi: eraReportsAbi } as const
  const [timing, genesis] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({ ...reports, functionName: 'timing' }),
      client.rpc.readContract({ ...reports, functionName: 'genesis' }),
    ]),
  )
  return { genesis, eraSeconds: timing.eraSeconds }
}
