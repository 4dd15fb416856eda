import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TenderError } from '@tender/protocol/errors'
import { type Context, defineCommand } from '../command.ts'

export const demoCommand = defineCommand({
  description:
    'Tells the whole story of one lease on a market that exists only for it: order, sealed bids, match, requests answered, monitors that agree on what was served; then the provider fails, they notice, the tenant is refunded and credited, trust falls, and the balances add up. Takes a minute or two.',
  examples: ['tender demo', 'tender demo --json'],
  async run(context) {
    const home = await mkdtemp(join(tmpdir(), 'tender-demo-'))
    try {
      return await tellDemo(context, home)
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  },
})

async function tellDemo(context: Context, home: string) {
  const { createMarketClient } = await import('@tender/sdk')
  const { privateKeyToAccount } = await import('viem/accounts')
  const { tenantKey } = await import('../embedded/cast.ts')
  const { DEMO_ERA_SECONDS, runDemo } = await import('../embedded/demo.ts')
  const { readLargeExample } = await import('../embedded/example.ts')
  const { startEmbeddedMarket } = await import('../embedded/startEmbeddedMarket.ts')
  const { tell, tellSettlement } = await import('../embedded/story.ts')
  const { startTenant } = await import('../startTenant.ts')

  const { out, progress, signal } = context
  const onProgress = (step: string) => progress.status(step)
  const market = await startEmbeddedMarket({
    directory: home,
    firstPort: 0,
    settleEverySeconds: 1,
    eraSeconds: DEMO_ERA_SECONDS,
    signal,
    onProgress,
  })
  try {
    progress.status(undefined)
    const names = new Map(market.providers.map(({ role, provider }) => [provider.id, role.name]))
    const { rpcUrl, book, bootstrap } = market
    const client = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(tenantKey), signal })
    const tenant = await startTenant({ ...context, home }, { name: 'demo', market: client, bootstrap })
    try {
      const onEvent = (event: Parameters<typeof tell>[0]) => {
        for (const line of tell(event, names)) out.line(line)
      }
      const result = await runDemo(market, tenant, { plan: await readLargeExample(home), onEvent, signal })
      for (const line of tellSettlement(result, names)) out.line(line)
      if (!result.conserved || result.paid !== result.expected) throw moneyLost(result)
      return result
    } finally {
      await tenant.close()
    }
  } finally {
    await market.stop()
  }
}

function moneyLost({ paid, expected, conserved }: { paid: bigint; expected: bigint; conserved: boolean }): TenderError {
  return new TenderError(`paid ${paid}, expected ${expected}, balances ${conserved ? 'add up' : 'do not add up'}`, {
    code: 'moneyLost',
    class: 'internal',
    data: { paid, expected, conserved },
  })
}
