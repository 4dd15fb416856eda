import { openStore } from '@tender/kit'
import type { Proposal, SignedBatchHeader } from '@tender/network'
import type { BatchHeader, Report } from '@tender/protocol'
import { type Address, concatHex, type Hex, hexToBytes, keccak256, numberToHex, toHex } from 'viem'
import type { EraSpan, ReportBasis } from '../facts/chainFacts.ts'
import { type Agreement, createAgreement } from './agreement.ts'
import { openBatchBook } from './batchBook.ts'
import type { Parts } from './parts.ts'
import { openSignatureBook } from './signatureBook.ts'

/** A market of agreeing monitors on a chain that is only a clock: everything but the agreement itself is scripted. */
export type World = {
  time: number
  /** Reports that were posted, in their order. */
  posted: Report[]
  /** Every report that each monitor signed. */
  signed: Map<Address, Report[]>
  /** Signed reports that monitors kept as evidence. */
  seen: Report[]
  /** What monitors logged. */
  logged: { monitor: Address; message: string; fields: Record<string, unknown> | undefined }[]
  /** The monitors that count on the chain now. */
  signers: Signers
  /** Whether the chain has a block after an era's end. */
  hasBlockAfter(until: number): boolean
  /** Whether a message of one monitor comes to another now. */
  reaches(from: Address, to: Address): boolean
  /** Resolves once a monitor gives another one a part. */
  gives(from: Address, to: Address, signal: AbortSignal): Promise<void>
  /** Told before each effect of a monitor. Throws: the monitor dies there. */
  beforeEffect(monitor: Address, effect: Effect): void
  monitors: Simulated[]
  /** Lets a second pass: all monitors step once. */
  tick(): Promise<void>
  /** Until a report of the era is posted. @throws {Error} after `most` seconds */
  runUntilPosted(era: bigint, most: number): Promise<void>
}
export type Effect = 'signHeader' | 'signReport' | 'put' | 'sendHeader' | 'askPart' | 'propose' | 'post'
export type Simulated = {
  address: Address
  agreement: Agreement
  /** Starts it anew over what it kept. */
  restart(): void
  keep: Map<Hex, Uint8Array>
}

/** How a monitor lies. */
export type Lies = {
  root?(root: Hex): Hex
  /** Signs whatever it is asked to. */
  signsAnything?: boolean
}

export const timing = { genesis: 0, eraSeconds: 30, activationDelay: 5 }
export const pace = { reportDelaySeconds: 3, roundSeconds: 5 }
export const reports: Address = '0x00000000000000000000000000000000000000aa'
export const addressOf = (index: number): Address => numberToHex(0x1000 + index, { size: 20 })
export const even = [100, 100, 100, 100]
export const soon = () => AbortSignal.timeout(10_000)
const hashOfBlock = (block: number): Hex => keccak256(toHex(`block ${block}`))

/** What a monitor saw in an era. */
export const batchOf = (index: number, era: bigint, until: number): Hex =>
  concatHex([addressOf(index), toHex(`${era} ${until}`)])
export const headerOf = (index: number, era: bigint, digest: Hex): SignedBatchHeader => ({
  header: { reports, era, monitor: addressOf(index), digest },
  signature: `${signedBy(addressOf(index), digest)}${'00'.repeat(33)}`,
  bytes: 100,
})

/** What honest monitors make of these batches. */
export function honestDraft(span: EraSpan, list: readonly SignedBatchHeader[]): Hex {
  const digests = list.map(({ header }) => header.digest)
  return keccak256(concatHex([toHex(`${span.era} ${span.from} ${span.until}`), ...digests]))
}

/** @param options.weights one a monitor @param options.lies by monitor */
export function createWorld({
  weights,
  lies = {},
}: {
  weights: readonly number[]
  lies?: Record<number, Lies>
}): World {
  const signers = weights.map((weight, index) => ({ monitor: addressOf(index), weight, index }))
  const world: World = {
    time: 1,
    posted: [],
    signed: new Map(),
    seen: [],
    logged: [],
    signers,
    hasBlockAfter: (until) => until < world.time,
    reaches: () => true,
    gives: async () => {},
    beforeEffect: () => {},
    monitors: [],
    async tick() {
      world.time += 1
      const signal = AbortSignal.timeout(60_000)
      await Promise.all(world.monitors.map(({ agreement }) => agreement.spread(signal).catch(dies)))
      await Promise.all(world.monitors.map(({ agreement }) => agreement.step(signal).catch(dies)))
    },
    async runUntilPosted(era, most) {
      for (let second = 0; !world.posted.some((report) => report.era === era); second++) {
        if (second === most) throw new Error(`no report of era ${era} after ${most} seconds`)
        await world.tick()
      }
    },
  }
  world.monitors = signers.map(({ monitor }, index) => simulate(world, monitor, lies[index] ?? {}))
  return world
}

/** What ends a process, and no more. */
export class Killed extends Error {}

function dies(error: unknown): void {
  if (!(error instanceof Killed)) throw error
}

type Signers = readonly { monitor: Address; weight: number; index: number }[]

function simulate(world: World, address: Address, lies: Lies): Simulated {
  const store = openStore({ file: ':memory:' })
  const keep = new Map<Hex, Uint8Array>()
  const start = () => startOver(world, { address, lies, store, keep })
  const simulated: Simulated = {
    address,
    agreement: start(),
    keep,
    restart: () => {
      simulated.agreement = start()
    },
  }
  return simulated
}

type Kept = {
  address: Address
  lies: Lies
  store: ReturnType<typeof openStore>
  keep: Map<Hex, Uint8Array>
}

function startOver(world: World, { address, lies, store, keep }: Kept): Agreement {
  let dead = false
  async function effect<T>(kind: Effect, work: () => Promise<T>): Promise<T> {
    if (dead) throw new Killed('it is dead')
    try {
      world.beforeEffect(address, kind)
    } catch (error) {
      dead = true
      throw error
    }
    return work()
  }
  const peer = (to: Address): Simulated => {
    const found = world.monitors.find((monitor) => monitor.address === to)
    if (!found || !world.reaches(address, to)) throw new Error('unreachable')
    return found
  }
  const parts: Parts = {
    put: (bytes) =>
      effect('put', async () => {
        const hash = keccak256(bytes)
        keep.set(hash, bytes)
        return hash
      }),
    get: async (hash) => keep.get(hash),
    pieces: async () => undefined,
    has: async (hash) => keep.has(hash),
    forgetBefore: async () => {},
  }
  const signatureOf = (content: string) => signedBy(address, content)
  const sign = (report: Report) =>
    effect('signReport', async () => {
      world.signed.set(address, [...(world.signed.get(address) ?? []), report])
      return signatureOf(textOf(report))
    })
  const agreement = createAgreement({
    me: address,
    reports,
    timing,
    pace,
    keepEras: 8n,
    parts,
    batches: openBatchBook(store),
    signatures: openSignatureBook(store, sign),
    signHeader: ({ digest }: BatchHeader) =>
      effect('signHeader', async (): Promise<Hex> => `${signatureOf(digest)}${'00'.repeat(33)}`),
    isSigned: async ({ header, signature }) =>
      signature === `${signedBy(header.monitor, header.digest)}${'00'.repeat(33)}`,
    isReportSigned: async (report, signature, monitor) => signature === signedBy(monitor, textOf(report)),
    onSigned: (report) => void world.seen.push(report),
    chain: {
      time: () => world.time,
      nowSeconds: () => world.time,
      next: () => nextOf(world),
      basis: async (span) => (world.hasBlockAfter(span.until) ? basisOf(span, world.signers) : undefined),
      signers: () => world.signers,
      post: (report) => effect('post', async () => post(world, report)),
    },
    peers: {
      sendHeader: (to, header) => effect('sendHeader', async () => peer(to).agreement.take(header)),
      askPart: (from, hash, maxBytes, signal) =>
        effect('askPart', async () => {
          const content = peer(from).keep.get(hash)
          if (!content) throw new Error('unknownPart')
          if (content.length > maxBytes) throw new Error('tooLarge')
          await world.gives(from, address, signal)
          return content
        }),
      propose: (to, proposal, _timeoutMs, signal) =>
        effect('propose', () => peer(to).agreement.judge(proposal, address, signal)),
    },
    compute: {
      observe: async ({ era, until }) => hexToBytes(concatHex([address, toHex(`${era} ${until}`)])),
      draft: async ({ facts }, _attempt, list) => {
        const root = honestDraft(facts, list)
        return { root: lies.root?.(root) ?? root, dataHash: root }
      },
      monitorsOf: async () => new Set(world.signers.map(({ monitor }) => monitor)),
      isBatch: (bytes, { monitor }) => toHex(bytes).startsWith(monitor),
    },
    signal: new AbortController().signal,
    log: (_level, message, fields) => void world.logged.push({ monitor: address, message, fields }),
  })
  if (!lies.signsAnything) return agreement
  return { ...agreement, judge: async ({ report }: Proposal) => ({ signature: await sign(report) }) }
}

/** What stands for a signature. */
export const signedBy = (monitor: Address, content: string): Hex => keccak256(toHex(`${monitor} ${content}`))
export const textOf = (report: Report) => Object.values(report).join()

function nextOf({ posted }: World) {
  const last = posted.at(-1)
  const pendingUntil = last ? last.coveredUntil + timing.activationDelay : 0
  return {
    era: (last?.era ?? 0n) + 1n,
    attempt: 0,
    after: last?.coveredUntil ?? 0,
    pendingUntil,
    posted: [],
  }
}

function basisOf(span: EraSpan, monitors: Signers): ReportBasis {
  const rules = {
    redundancy: 5,
    creditBps: 0,
    providerBudget: 0n,
    feeFactorBps: 0,
    idleFactorBps: 0,
    mostOfFeesBps: 0,
    rates: [],
    penaltyBps: [0, 0, 0] as const,
  }
  const block = { number: BigInt(span.until), hash: hashOfBlock(span.until) }
  const facts = { ...span, block, rules, monitors, leases: [], capacity: [], disputes: [], attestations: [] }
  return { facts, signers: monitors }
}

/** As the contract does; whether the quorum is real is the agreement's to know. */
function post(world: World, report: Report): void {
  if (report.era !== nextOf(world).era) throw new Error('WrongEra')
  world.posted.push(report)
}
