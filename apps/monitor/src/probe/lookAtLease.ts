import type { ProvenAnswer } from '@tender/network'
import type { Probe } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Serves } from '../mesh/promises.ts'
import { type AskChallenge, type Challenged, challengeLease } from './challengeLease.ts'
import { probeHttp } from './httpProbe.ts'
import type { LeaseMemories, LeaseMemory } from './leaseMemory.ts'
import { leaseUrl } from './leaseUrl.ts'
import { bad, good, type ProbeResult } from './probeResult.ts'
import { probeTls } from './tlsProbe.ts'
import type { WatchConfig } from './watchConfig.ts'
import { isDue, type Reach, type WatchedLease } from './watchedLease.ts'

/** A probe that was made and is not judged yet: whether the monitor itself was cut off is known only later. */
export type Seen = Omit<Probe, 'outcome'> & {
  outcome: 'good' | 'bad'
  /** By `performance.now()`. */
  fromMs: number
  toMs: number
}

/** What came of asking a provider. */
export type Asked = {
  seen: Seen[]
  /** Somebody with the operator's key was there; `undefined`: nobody could be asked. */
  reached: boolean | undefined
  /** It named another address than before. */
  moved: boolean
}

/** The ways in which one lease is looked at. */
export type LeaseEyes = {
  /** What visitors find; `undefined`: this lease serves none. */
  visit(lease: WatchedLease, signal: AbortSignal): Promise<Seen | undefined>
  /** A challenge, and what the provider says of the workload. */
  ask(lease: WatchedLease, signal: AbortSignal): Promise<Asked>
  /** Whether it must serve by now. */
  isDue(lease: WatchedLease): boolean
  /** Whether its provider ever named an address of it. */
  hasAddress(lease: WatchedLease): boolean
  /** Whether the lease has a user path, as far as is known. */
  servesVisitors(lease: WatchedLease): boolean
}

export type LeaseEyesOptions = {
  config: Pick<WatchConfig, 'probe' | 'challenge'>
  memories: LeaseMemories
  /** What the order promised, if it was heard. */
  promised(order: Hex): Serves | undefined
  reach(provider: bigint, signal: AbortSignal): Promise<Reach>
  askChallenge: AskChallenge
  nowSeconds(): number
}

/** A lease that really moves does so when its provider changes its domain, which is not every few minutes. */
const MAX_URL_CHANGES = 3

export function createLeaseEyes(options: LeaseEyesOptions): LeaseEyes {
  const { config, memories, promised, reach, askChallenge, nowSeconds } = options

  /** Does something and notes when. */
  async function timed(kind: Probe['kind'], look: () => Promise<ProbeResult>): Promise<Seen> {
    const [at, fromMs] = [nowSeconds(), performance.now()]
    return { at, kind, ...(await look()), fromMs, toMs: performance.now() }
  }

  function servesOf({ lease, order }: WatchedLease): Serves | undefined {
    const { serves, url } = memories.get(lease)
    return serves ?? promised(order) ?? (url === '' ? 'nothing' : undefined)
  }

  const eyes: LeaseEyes = {
    isDue: (lease) => isDue(lease, memories.get(lease.lease).startedAt, nowSeconds()),
    hasAddress: ({ lease }) => Boolean(memories.get(lease).url),
    servesVisitors: (lease) => servesOf(lease) !== 'nothing',

    async visit(lease, signal) {
      const serves = servesOf(lease)
      if (serves === 'nothing') return undefined
      const url = leaseUrl(memories.get(lease.lease).url ?? '', lease.lease)
      const kind = serves === 'tls' ? 'tcp' : 'http'
      const probe = kind === 'tcp' ? probeTls : probeHttp
      return timed(kind, async () =>
        url ? probe(url, config.probe, signal) : bad(0, 'its provider names no address of it'),
      )
    },

    async ask(lease, signal) {
      const found = await reach(lease.provider, signal)
      if (!found.contact && found.state === 'unheard') return { seen: [], reached: undefined, moved: false }
      const before = memories.get(lease.lease).url
      let asked: Challenged | undefined
      const challenge = await timed('challenge', async () => {
        if (!found.contact) return bad(0, 'its provider announces no address')
        const { deadlineMs } = config.challenge
        asked = await challengeLease(askChallenge, { contact: found.contact, lease: lease.lease, deadlineMs }, signal)
        const fault = asked.proven && learn(memories, lease.lease, asked.proven)
        return fault === undefined ? asked.result : bad(asked.result.latencyMs, fault)
      })
      const health = eyes.isDue(lease) ? healthOf(challenge, asked, eyes.servesVisitors(lease)) : []
      const moved = memories.get(lease.lease).url !== before
      return { seen: [challenge, ...health], reached: asked?.reached ?? false, moved }
    },
  }
  return eyes
}

/** What the provider says of the workload. Its silence says something only where nobody else can be asked. */
function healthOf(challenge: Seen, asked: Challenged | undefined, servesVisitors: boolean): Seen[] {
  const { latencyMs } = challenge
  const answer = asked?.proven?.answer
  if (!answer) return servesVisitors ? [] : [{ ...challenge, kind: 'health' }]
  const said = answer.running ? good(latencyMs) : bad(latencyMs, 'its provider says that it does not run')
  return [{ ...challenge, kind: 'health', ...said }]
}

/** Keeps what an answer tells. What is wrong with the answer, or `undefined`. */
function learn(memories: LeaseMemories, lease: Hex, { answer, started }: ProvenAnswer): string | undefined {
  const before = memories.get(lease)
  const change: Partial<LeaseMemory> = {}
  // The first word counts: a start cannot move.
  if (started && before.startedAt === 0) change.startedAt = started.started.at
  const fault = urlFault(before, lease, answer.url)
  // Nowhere for now, as without its relay: what is known is visited on, and shows it.
  const isNowhere = answer.url === '' && before.url
  if (fault === undefined && !isNowhere && answer.url !== before.url) {
    change.url = answer.url
    if (before.url) change.urlChanges = before.urlChanges + 1
  }
  if (Object.keys(change).length > 0) memories.update(lease, change)
  return fault
}

function urlFault({ url, urlChanges }: LeaseMemory, lease: Hex, told: string): string | undefined {
  if (told !== '' && !leaseUrl(told, lease)) return "the address it names is not the lease's own"
  if (url && told && told !== url && urlChanges >= MAX_URL_CHANGES) return 'its address changes too often'
  return undefined
}
