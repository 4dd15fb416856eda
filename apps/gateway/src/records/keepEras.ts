import { type Logger, retryDelayMs } from '@tender/kit'
import { EMPTY_ROOT, type Leaf, TenderError, type VerifiedEra } from '@tender/protocol'
import { and, desc, eq, isNull, ne, notExists } from 'drizzle-orm'
import type { Hex } from 'viem'
import type { GatewayNetwork } from '../network/gatewayNetwork.ts'
import type { Database, Transaction } from '../store/database.ts'
import type { Store } from '../store/openStore.ts'
import { leaves, providerEras, reports } from '../store/schema.ts'
import { pauseUntil } from './pauseUntil.ts'

export type KeepErasOptions = {
  store: Store
  network: Pick<GatewayNetwork, 'eraData'>
  log: Logger
}

type OpenReport = { era: bigint; root: Hex }

/** Of a report whose data nobody has: it is asked for again, more and more seldom. */
const RETRIES = { firstDelayMs: 2_000, maxDelayMs: 300_000 }
/** Looked for at a time, the newest first. */
const REPORTS_AT_ONCE = 100
/** Rows of one statement. */
const ROWS_AT_ONCE = 1_000
/** A look is cheap; nothing but what has failed is waiting for it. */
const LOOK_EVERY_MS = 30_000

/**
 * Writes down what reports say, leaf by leaf: the chain has their roots only, the rest comes from monitors and is recomputed, so that
 * it is what was signed. Until aborted; a report whose data nobody has holds no other up.
 *
 * @example
 * await keepEras({ store, network, log }, lifecycle.signal)
 */
export async function keepEras({ store, network, log }: KeepErasOptions, signal: AbortSignal): Promise<void> {
  const failed = new Map<Hex, { times: number; againAtMs: number }>()
  let wake = () => {}
  /** Since the last look began. */
  let isNew = false
  const stopListening = store.onChange(({ type }) => {
    if (type !== 'era') return
    isNew = true
    wake()
  })

  async function keep(report: OpenReport): Promise<void> {
    try {
      const data = await network.eraData(report.era, signal)
      await store.write(({ tx }) => writeEra(tx, report, data))
      failed.delete(report.root)
    } catch (error) {
      if (signal.aborted) return
      const times = (failed.get(report.root)?.times ?? 0) + 1
      failed.set(report.root, { times, againAtMs: performance.now() + retryDelayMs(times, RETRIES, Math.random()) })
      log.debug({ error, era: report.era, times }, 'the data of an era cannot be had yet')
    }
  }

  async function look(): Promise<void> {
    for (const report of await store.read(openReports)) {
      if (signal.aborted) return
      if ((failed.get(report.root)?.againAtMs ?? 0) <= performance.now()) await keep(report)
    }
  }

  while (!signal.aborted) {
    isNew = false
    await look().catch((error) => log.warn({ error }, 'eras cannot be written down yet'))
    if (isNew) continue
    const soonest = Math.min(
      ...[...failed.values()].map(({ againAtMs }) => againAtMs - performance.now()),
      LOOK_EVERY_MS,
    )
    await pauseUntil(signal, (resolve) => (wake = resolve), Math.max(100, soonest))
  }
  stopListening()
}

/** Reports that stand and whose leaves are not known. */
function openReports(db: Database): Promise<OpenReport[]> {
  const known = db
    .select({ era: leaves.era })
    .from(leaves)
    .where(and(eq(leaves.era, reports.era), eq(leaves.root, reports.root)))
  return db
    .select({ era: reports.era, root: reports.root })
    .from(reports)
    .where(and(isNull(reports.vetoedTx), ne(reports.root, EMPTY_ROOT), notExists(known)))
    .orderBy(desc(reports.era))
    .limit(REPORTS_AT_ONCE)
}

async function writeEra(tx: Transaction, { era, root }: OpenReport, { tree, result }: VerifiedEra): Promise<void> {
  // A veto may have put another in its place meanwhile.
  if (tree.root !== root)
    throw new TenderError('these are another report’s data', { code: 'otherReport', class: 'conflict' })
  const rows = result.leaves.map((leaf, index) => ({
    era,
    root,
    leaf: index,
    kind: leaf.kind,
    subject: subjectOf(leaf),
    hash: tree.leaf(index),
    data: plain(leaf),
  }))
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    await tx
      .insert(leaves)
      .values(rows.slice(at, at + ROWS_AT_ONCE))
      .onConflictDoNothing()
  }
  const said = result.state.providers.map(({ provider, score, inputs, rewards, slashed }) => ({
    provider,
    era,
    root,
    score,
    inputs: inputs ?? null,
    rewards,
    slashed,
  }))
  if (said.length > 0) await tx.insert(providerEras).values(said).onConflictDoNothing()
}

/** What a leaf is about, as text. */
function subjectOf(leaf: Leaf): string {
  switch (leaf.kind) {
    case 'lease':
    case 'credit':
      return leaf.lease
    case 'provider':
      return String(leaf.provider)
    case 'monitor':
    case 'monitorSlash':
      return leaf.monitor
    case 'dispute':
      return String(leaf.dispute)
  }
}

/** Plain JSON: big integers as decimal texts. */
function plain({ kind: _, ...figures }: Leaf): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
  )
}
