import type { MarketClient } from '@tender/sdk'
import { type MonitorPeers, monitorPeers } from '@tender/tenant'
import { generatePrivateKey } from 'viem/accounts'
import type { Context } from '../command.ts'
import type { MarketProfile } from '../home/marketProfile.ts'
import { startAgent } from '../tenant/startAgent.ts'

/** Works with the market's monitors as a peer that nobody knows. */
export async function withMonitors<Result>(
  { signal }: Pick<Context, 'signal'>,
  { market, profile }: { market: MarketClient; profile: Pick<MarketProfile, 'bootstrap'> },
  work: (monitors: MonitorPeers) => Promise<Result>,
): Promise<Result> {
  const node = await startAgent({ privateKey: generatePrivateKey(), market, bootstrap: profile.bootstrap })
  try {
    return await work(await monitorPeers(market, node, signal))
  } finally {
    await node.stop()
  }
}
