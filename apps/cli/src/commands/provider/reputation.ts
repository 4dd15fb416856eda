import {
  decodeDataSet,
  inputWeights,
  levelOf,
  multiplierBps,
  NotFoundError,
  openState,
  type ProviderRecord,
} from '@tender/protocol'
import { getProvider, type MarketClient } from '@tender/sdk'
import { eraSources, type MonitorPeers, provenLeaves, standingReports } from '@tender/tenant'
import { concat } from 'viem'
import { defineCommand, type Out, required } from '../../command.ts'
import { withMonitors } from '../../monitors/withMonitors.ts'
import { openMarket } from '../../openMarket.ts'

export const providerReputationCommand = defineCommand({
  description:
    "Shows a provider's reputation as the last effective report has it: score and level, the five inputs of the score, the five dimensions of its performance. Proven against the chain; formulas are in docs/reputation.md.",
  examples: ['tender provider reputation 3', 'tender provider reputation 3 --json'],
  arguments: { provider: required("the provider's number") },
  async run(context, { provider: written }) {
    const opened = await openMarket(context)
    const id = readProvider(written)
    const registered = await getProvider(opened.market, { provider: id })
    return withMonitors(context, opened, async (monitors) => {
      const { era, leaves } = await provenLeaves(monitors, opened.market, { provider: id })
      const [first] = leaves
      const leaf = first?.leaf.kind === 'provider' ? first.leaf : undefined
      const record = leaf && (await recordOf(monitors, opened.market, era, id))
      const score = leaf?.score ?? 0
      return {
        provider: id,
        era,
        score,
        level: levelOf(score),
        multiplierBps: multiplierBps(levelOf(score)),
        /** What matches go by: proven lately, and not above what governance grants. */
        marketLevel: registered.level,
        rewards: leaf?.rewards ?? 0n,
        slashed: leaf?.slashed ?? 0n,
        inputs: record?.inputs,
        performance: record?.performance,
        recentUptimeBps: record?.recentUptimeBps ?? [],
        proof: first?.proof ?? [],
      }
    })
  },
  print({ provider, era, score, level, marketLevel, inputs, performance, ...rest }, out) {
    out.line(`provider ${provider}: score ${out.paint('bold', String(score))}, level ${level}, as of era ${era}`)
    if (marketLevel !== level)
      out.line(`  matches go by level ${marketLevel}: nobody has shown this report yet, or it is capped`)
    out.line(`  rewards are multiplied by ${rest.multiplierBps / 10_000}`)
    if (!inputs) {
      out.line('  no lease of it was ever seen')
      return
    }
    out.line('  inputs of its last era with leases:')
    for (const [name, weight] of Object.entries(inputWeights))
      row(out, `${words(name)} (${weight})`, bpsOf(inputs, name))
    out.line('  performance:')
    for (const [name, value] of Object.entries(performance ?? {})) row(out, dimensions[name] ?? name, value)
  },
})

const dimensions: Readonly<Record<string, string>> = {
  uptimeBps: 'uptime',
  consistencyBps: 'response-time consistency',
  availabilityBps: 'resource availability',
  complianceBps: 'agreement compliance',
  auditBps: 'security audit',
}

/** Out of the state that the report leaves, which its signers signed by its hash. */
async function recordOf(
  monitors: MonitorPeers,
  market: MarketClient,
  era: bigint,
  provider: bigint,
): Promise<ProviderRecord | undefined> {
  const sources = eraSources(monitors, market, await standingReports(market))
  const dataSet = decodeDataSet(await sources.part(await sources.dataHashOf(era)))
  const parts: Uint8Array[] = []
  for (const hash of dataSet.state) parts.push(await sources.part(hash))
  for (const record of openState(concat(parts)).providers) if (record.provider === provider) return record
  return undefined
}

function readProvider(written: string): bigint {
  if (/^[1-9]\d{0,18}$/.test(written)) return BigInt(written)
  throw new NotFoundError(`"${written}" is no provider: they are numbers`, { code: 'unknownProvider' })
}

function row(out: Out, name: string, bps: number | undefined): void {
  out.line(`    ${name.padEnd(28)}${bps === undefined ? 'not known' : `${bps / 100} %`}`)
}

function words(input: string): string {
  return input.replace(/Bps$/, '')
}

function bpsOf(inputs: object, name: string): number | undefined {
  return Object.entries(inputs).find(([key]) => key === name)?.[1]
}
