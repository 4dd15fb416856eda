import type { MarketClient } from '@tender/sdk'
import type { Tenant } from '@tender/tenant'
import type { Address } from 'viem'
import type { Context } from './command.ts'
import { createAgentKey, readAgentKey } from './home/agentKey.ts'
import { marketDirectory } from './home/home.ts'
import { diskSources } from './tenant/diskSources.ts'
import { openTenantRecords } from './tenant/fileRecords.ts'
import { startAgent } from './tenant/startAgent.ts'

/** A tenant that takes part in a market until closed. */
export type OpenTenant = Tenant & { close(): Promise<void> }

export type StartTenantOptions = {
  /** The market's name: its records are kept under it. */
  name: string
  market: MarketClient
  bootstrap: readonly string[]
  /** The agent of an order that was placed before. @default a new one */
  agent?: Address | undefined
}

/** Takes part in a market that is open, as the agent of an order or as a new one. */
export async function startTenant(
  { home }: Pick<Context, 'home'>,
  { name, market, bootstrap, agent }: StartTenantOptions,
): Promise<OpenTenant> {
  const records = await openTenantRecords(marketDirectory(home, name))
  const privateKey = await (agent === undefined ? createAgentKey(home) : readAgentKey(home, agent))
  const node = await startAgent({ privateKey, market, bootstrap })
  return { market, node, records, sources: diskSources, close: () => node.stop() }
}
