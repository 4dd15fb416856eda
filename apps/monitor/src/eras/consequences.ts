import { eraReportsAbi } from '@tender/abi'
import type { Collection, Logger } from '@tender/kit'
import type { Leaf, MonitorRecord, ProviderRecord } from '@tender/protocol'
import {
  applyCredit,
  applyMonitorSlash,
  applyProviderSlash,
  ContractError,
  type MarketClient,
  resolveDispute,
} from '@tender/sdk'
import { type Address, concatHex, type Hex, keccak256 } from 'viem'
import { z } from 'zod'
import type { ChainView } from '../facts/chainView.ts'
import { lowerCase } from '../facts/lowerCase.ts'
import type { PostedReport } from '../facts/nextReport.ts'
import type { KnownReport, ReportLibrary } from './reportLibrary.ts'

export type ConsequencesOptions = {
  me: Address
  client: MarketClient
  chain: Pick<ChainView, 'next' | 'time' | 'nowSeconds' | 'monitors'>
  reports: ReportLibrary
  /** For how long one monitor's turn lasts. */
  roundSeconds: number
  /** The last era whose report was looked through, under `last`. */
  done: Collection<{ era: bigint }>
  log: Logger
}

/** Carries out what effective reports say: credits, slashes, disputes. Whoever comes first does; the others find it done. */
export type Consequences = {
  /** Looks through the next report that is effective, if it is this monitor's turn by now. */
  step(signal: AbortSignal): Promise<void>
}

export const eraMarkSchema = z.strictObject({ era: z.bigint() })

const LAST = 'last'

export function createConsequences(options: ConsequencesOptions): Consequences {
  const { me, client, chain, reports, roundSeconds, done, log } = options

  /** Monitors take turns, so that they need not all pay for the same transaction. */
  function isMyTurn({ root, effectiveAt }: PostedReport): boolean {
    const turns = chain
      .monitors()
      .map(({ monitor }) => ({ monitor, place: keccak256(concatHex([root, monitor])) }))
      .sort((left, right) => (left.place < right.place ? -1 : 1))
    const turn = turns.findIndex(({ monitor }) => monitor === lowerCase(me))
    return turn >= 0 && chain.nowSeconds() >= effectiveAt + turn * roundSeconds
  }

  async function apply(report: KnownReport, index: number, leaf: Leaf): Promise<void> {
    const proven = { era: report.posted.era, proof: report.tree.proof(index) }
    if (leaf.kind === 'credit') await applyCredit(client, { lease: leaf.lease, proven: { ...leaf, ...proven } })
    if (leaf.kind === 'provider') {
      await applyProviderSlash(client, { provider: leaf.provider, proven: { ...leaf, ...proven } })
    }
    if (leaf.kind === 'monitorSlash') {
      await applyMonitorSlash(client, { monitor: leaf.monitor, proven: { ...leaf, ...proven } })
    }
    if (leaf.kind === 'dispute') await resolveDispute(client, { dispute: leaf.dispute, proven: { ...leaf, ...proven } })
  }

  async function carryOut(report: KnownReport, signal: AbortSignal): Promise<void> {
    const before = amountsOf(report)
    for (const [index, leaf] of report.leaves.entries()) {
      signal.throwIfAborted()
      if (!isNew(leaf, before) || (await isDone(client, leaf))) continue
      try {
        await apply(report, index, leaf)
        log.info({ era: report.posted.era, leaf }, 'carried out what a report says')
      } catch (error) {
        // Without a chain or gas money it is tried again.
        if (!(error instanceof ContractError)) throw error
        // Another monitor may have been faster.
        log.warn({ era: report.posted.era, leaf, error }, 'what a report says could not be carried out')
      }
    }
  }

  return {
    async step(signal) {
      const { posted } = chain.next()
      const last = done.get(LAST)?.era ?? 0n
      const due = posted.find(({ era }) => era > last)
      if (!due || due.effectiveAt > chain.time() || !isMyTurn(due)) return
      await carryOut(await reports.report(due, signal), signal)
      done.set(LAST, { era: due.era })
    },
  }
}

type Amounts = { credits: Map<Hex, bigint>; providers: Map<bigint, bigint>; monitors: Map<Address, bigint> }

/** What the report before said: only what is more is new. */
function amountsOf({ previous }: KnownReport): Amounts {
  const credits = new Map<Hex, bigint>()
  for (const { lease, credit } of previous.leases) if (credit > 0n) credits.set(lease, credit)
  const slashedOf = <Key>(list: readonly { key: Key; slashed: bigint }[]) =>
    new Map(list.map(({ key, slashed }) => [key, slashed]))
  return {
    credits,
    providers: slashedOf(
      previous.providers.map(({ provider, slashed }: ProviderRecord) => ({ key: provider, slashed })),
    ),
    monitors: slashedOf(previous.monitors.map(({ monitor, slashed }: MonitorRecord) => ({ key: monitor, slashed }))),
  }
}

function isNew(leaf: Leaf, { credits, providers, monitors }: Amounts): boolean {
  if (leaf.kind === 'credit') return leaf.amount > (credits.get(leaf.lease) ?? 0n)
  if (leaf.kind === 'provider') return leaf.slashed > (providers.get(leaf.provider) ?? 0n)
  if (leaf.kind === 'monitorSlash') return leaf.slashed > (monitors.get(lowerCase(leaf.monitor)) ?? 0n)
  return leaf.kind === 'dispute'
}

async function isDone({ rpc, book }: MarketClient, leaf: Leaf): Promise<boolean> {
  const reports = { address: book.contracts.eraReports, abi: eraReportsAbi } as const
  if (leaf.kind === 'credit') {
    return (await rpc.readContract({ ...reports, functionName: 'creditedOf', args: [leaf.lease] })) >= leaf.amount
  }
  if (leaf.kind === 'provider') {
    const taken = await rpc.readContract({ ...reports, functionName: 'slashedOfProvider', args: [leaf.provider] })
    return taken >= leaf.slashed
  }
  if (leaf.kind === 'monitorSlash') {
    const taken = await rpc.readContract({ ...reports, functionName: 'slashedOfMonitor', args: [leaf.monitor] })
    return taken >= leaf.slashed
  }
  if (leaf.kind !== 'dispute') return true
  return (await rpc.readContract({ ...reports, functionName: 'disputeOf', args: [leaf.dispute] })).bond === 0n
}
