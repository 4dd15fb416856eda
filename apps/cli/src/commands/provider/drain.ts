import { setTimeout as sleep } from 'node:timers/promises'
import { formatDuration, type Terms } from '@tender/protocol'
import { findLeases, getChainTime, getLease, type MarketClient, setProviderStatus } from '@tender/sdk'
import { nowSeconds, shortId } from '@tender/tenant'
import type { Hex } from 'viem'
import { confirm } from '../../cli/prompts.ts'
import { printTable } from '../../cli/table.ts'
import { type Context, defineCommand, toggle } from '../../command.ts'
import { openAccountMarket } from '../../openMarket.ts'
import { findOwnProvider } from '../../ownProvider.ts'

/** A lease that still runs, and until when: Unix seconds. */
type Running = { leaseId: Hex; terms: Terms; stop: number }

const ASK_EVERY_MS = 5_000

export const providerDrainCommand = defineCommand({
  description:
    "Takes no new leases and serves those that run, and shows until when they do: before a repair, or to stop selling. The account is the provider's owner or operator. A lease may still be prolonged by its tenant, at most to the end of the capacity's commitment.",
  examples: [
    'tender provider drain --account operator',
    'tender provider drain --wait --account operator',
    'tender provider drain --undo --account operator',
  ],
  options: {
    undo: toggle('take new leases again'),
    wait: toggle('return only when none is left'),
  },
  async run(context, { undo, wait }) {
    const { market, account } = await openAccountMarket(context)
    const { id: provider, status: before } = await findOwnProvider(market, account.address)
    const status = undo ? 'active' : 'draining'
    if (before !== status) {
      await confirm(context, undo ? 'Take new leases again?' : 'Take no new leases?')
      context.progress.status('waiting for the chain')
      await setProviderStatus(market, { provider, status })
    }
    const leases = await runningOf(market, await leasesOf(market, provider))
    return { provider, status, leases: wait && !undo ? await untilEmpty(context, market, leases) : leases }
  },
  print({ provider, status, leases }, out) {
    const words = status === 'active' ? 'takes leases' : 'takes no new leases'
    out.line(`provider ${provider} ${words}; ${leases.length === 0 ? 'none runs' : `${leases.length} still run`}`)
    if (leases.length > 0) printTable(out, ['LEASE', 'UNITS', 'ENDS IN'], leases.map(leaseRow))
  },
})

async function untilEmpty(context: Context, market: MarketClient, leases: Running[]): Promise<Running[]> {
  let left = leases
  for (let last = left.at(-1); last; last = left.at(-1)) {
    context.progress.status(`${left.length} leases still run, the last for ${endsIn(last)}`)
    await sleep(ASK_EVERY_MS, undefined, { signal: context.signal })
    left = await runningOf(market, left)
  }
  return left
}

/** Those that may still run, however long they were prolonged. */
async function leasesOf(market: MarketClient, provider: bigint): Promise<{ terms: Terms }[]> {
  const [opened, { timestamp }] = await Promise.all([findLeases(market, { provider }), getChainTime(market)])
  return opened.filter(({ terms }) => terms.latestEnd > timestamp)
}

/** The one that ends first comes first. */
async function runningOf(market: MarketClient, leases: readonly { terms: Terms }[]): Promise<Running[]> {
  const known = await Promise.all(leases.map(({ terms }) => getLease(market, { lease: terms })))
  return known
    .filter(({ status }) => status === 'running' || status === 'ending')
    .map(({ leaseId, terms, stop }) => ({ leaseId, terms, stop }))
    .sort((a, b) => a.stop - b.stop)
}

function leaseRow(lease: Running): string[] {
  return [shortId(lease.leaseId), String(lease.terms.units), endsIn(lease)]
}

function endsIn({ stop }: Running): string {
  return formatDuration(Math.max(0, stop - nowSeconds()))
}
