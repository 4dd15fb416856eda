import type { Logger, Store } from '@tender/kit'
import { askChallenge, type NetworkNode } from '@tender/network'
import type { CapacityCheck, Dialable, EraCapacity, EraMonitor, Observation, Probe } from '@tender/protocol'
import { type Address, type Hex, isAddressEqual, keccak256, type LocalAccount } from 'viem'
import { type CapacityTrials, createCapacityTrials } from './capacity/capacityTrials.ts'
import type { SeenBlock } from './capacity/moments.ts'
import { createBlindness } from './mesh/blindness.ts'
import { contactSchema, createContacts } from './mesh/contacts.ts'
import { createPromises } from './mesh/promises.ts'
import { judge } from './probe/judge.ts'
import { createLeaseMemories, leaseMemorySchema } from './probe/leaseMemory.ts'
import { createLeaseEyes } from './probe/lookAtLease.ts'
import { eraSecretMessage } from './probe/poisson.ts'
import { createProbeStore, type ProbeStore, type Span } from './probe/probeStore.ts'
import { createRounds } from './probe/rounds.ts'
import type { WatchConfig } from './probe/watchConfig.ts'
import type { Reach, WatchedLease } from './probe/watchedLease.ts'
import { type Confirmation, confirmVanished } from './vanish/confirmVanished.ts'
import type { Suspicion } from './vanish/suspicions.ts'

export type WatcherOptions = {
  /** The monitor's. */
  account: LocalAccount
  /** The contract of reports: times are secret for each market. */
  reports: Address
  eraSeconds: number
  node: NetworkNode
  store: Store
  config: WatchConfig
  /** A provider's operator key now; `undefined`: it has none. */
  operatorOf(provider: bigint, signal: AbortSignal): Promise<Address | undefined>
  /** All monitors with weight, this one too. */
  monitors(): readonly EraMonitor[]
  /** Resolves if that monitor answered. */
  ping(monitor: Address, signal: AbortSignal): Promise<void>
  /** Units as of a block. */
  capacity(): readonly EraCapacity[]
  /** Told of a provider that seems to have vanished, again in every round while it does. */
  suspect(suspicion: Suspicion): void
  /** The chain's clock. */
  nowSeconds(): number
  log: Logger
}

/** The seeing half of a monitor: it looks at leases and providers, and says what it saw. */
export type Watcher = {
  /**
   * Says what is to be looked at from now on: the leases that this monitor was drawn for and that are open. Called again whenever
   * that changes; the times of probes are drawn anew in each era.
   */
  watch(era: bigint, leases: readonly WatchedLease[]): Promise<void>
  /**
   * What was seen in `span`, kept under `era` together with its evidence: no probe is added to that time any more. Leases that
   * were not seen have no probes. Waits for probes under way. The same call gives the same, a longer span more.
   *
   * @example
   * await watcher.observe(7n, { from, until }, leases) // { observations: [{ lease, probes: 240, upBps: 9_983, … }], capacity: [] }
   */
  observe(
    era: bigint,
    span: Span,
    leases: readonly Hex[],
  ): Promise<{ observations: Observation[]; capacity: CapacityCheck[] }>
  /** What was said of a lease in an era, and every probe behind it. */
  evidence(era: bigint, lease: Hex): { observation: Observation; probes: Probe[] } | undefined
  /** Tries providers, if this block is a moment. */
  block(block: SeenBlock): void
  /** Looks for itself whether a lease's provider vanished, before it signs what another monitor suspects. */
  confirm(lease: WatchedLease, signal: AbortSignal): Promise<Confirmation>
  /** Whether this monitor saw a sign of life of a lease at a moment or later; unix seconds. */
  sawAlive(lease: Hex, since: number): boolean
  /** Where a provider is reached now. */
  reach(provider: bigint, signal: AbortSignal): Promise<Reach>
  /** Whether this monitor itself is cut off, as of the last pings; `undefined`: not known yet. */
  blind(): boolean | undefined
  counts(): WatcherCounts
  /** Calls `listener` with each probe that is made. */
  onProbe(listener: (probe: Probe) => void): void
  /** Looks until aborted; then writes what it has. */
  run(signal: AbortSignal): Promise<void>
}

/** What a watcher counts from its start on. `triedUnits`: free units that providers were given tasks for. */
export type WatcherCounts = { blindSeconds: number; triedUnits: number; provenUnits: number }

/** Who has listened for so long has heard every operator that is there: they announce themselves once a minute. */
const HEARD_ALL_MS = 150_000
const FLUSH_EVERY_MS = 1_000
/** A gap of so many means between two probes is no chance: the monitor was away. */
const MEANS_OF_A_GAP = 10
/** What a monitor shows of one lease and era at most, see `askObservations`. */
const MOST_EVIDENCE = 17_280
/** What is remembered of a lease that is not watched any more; in eras. */
const REMEMBERED_ERAS = 100n

/** Composes what a monitor looks with. Nothing happens before `run`. */
export function createWatcher(options: WatcherOptions): Watcher {
  const { account, reports, node, store, config, nowSeconds } = options
  const listeners: ((probe: Probe) => void)[] = []
  const probes = toldOf(createProbeStore(store), listeners)
  const tried = { triedUnits: 0, provenUnits: 0 }
  function addTrial(check: CapacityCheck): void {
    probes.addCapacity(check)
    tried.triedUnits += check.units
    tried.provenUnits += check.proven
  }
  const memories = createLeaseMemories(store.collection('leaseMemories', leaseMemorySchema))
  const contacts = createContacts(node, store.collection('contacts', contactSchema))
  const promises = createPromises(node)
  const others = () => options.monitors().filter(({ monitor }) => !isAddressEqual(monitor, account.address))
  const blindness = createBlindness({ others, ping: options.ping, everyMs: config.pingEveryMs })
  const reach = createReach(options, contacts.of)
  const eyes = createLeaseEyes({
    config,
    memories,
    promised: promises.of,
    reach,
    askChallenge: (contact, request, signal) => askChallenge(node, contact, request, signal),
    nowSeconds,
  })
  const rounds = createRounds({ ...options, eyes, blindness, probes })
  const trials: CapacityTrials = createCapacityTrials({ ...options, reach, blindness, add: addTrial })
  const gaps = {
    visits: Math.ceil(MEANS_OF_A_GAP * config.probe.meanSeconds),
    told: Math.ceil(MEANS_OF_A_GAP * Math.max(config.probe.meanSeconds, config.challenge.meanSeconds)),
  }

  return {
    async watch(era, leases) {
      store.transaction(() => {
        for (const { lease, order } of leases) memories.enter(lease, era, promises.of(order))
      })
      const signature = await account.signMessage({ message: eraSecretMessage(reports, era) })
      rounds.watch(keccak256(signature), leases)
    },

    async observe(era, span, leases) {
      await rounds.settled()
      const observations = [...new Set(leases)].sort().map((lease) => {
        const seen = probes.probes(lease, span).slice(-MOST_EVIDENCE)
        return judge({ lease, probes: seen, startedAt: memories.get(lease).startedAt, mostGapSeconds: gaps })
      })
      probes.seal(era, span, observations)
      probes.forget(nowSeconds() - config.keepSeconds)
      memories.forget(era - REMEMBERED_ERAS)
      return { observations, capacity: probes.takeCapacity(era) }
    },

    evidence(era, lease) {
      const found = probes.evidence(era, lease)
      return found && { ...found, probes: found.probes.slice(-MOST_EVIDENCE) }
    },
    block: trials.block,
    confirm: (lease, signal) => confirmVanished({ eyes, blindness }, lease, signal),
    sawAlive: (lease, since) =>
      probes.probes(lease, { from: since, until: nowSeconds() + 1 }).some(({ outcome }) => outcome === 'good'),
    blind: blindness.now,
    reach,
    counts: () => ({ blindSeconds: blindness.blindSeconds(), ...tried }),
    onProbe: (listener) => void listeners.push(listener),

    async run(signal) {
      const flushing = setInterval(() => flush(probes, options.log), FLUSH_EVERY_MS)
      try {
        await Promise.all([blindness.run(signal), rounds.run(signal), trials.run(signal)])
      } finally {
        clearInterval(flushing)
        contacts.stop()
        promises.stop()
        flush(probes, options.log)
      }
    },
  }
}

/** Writes what was seen. On a full disk it stays in memory, and is written once there is room. */
function flush(probes: ProbeStore, log: Logger): void {
  try {
    probes.flush()
  } catch (error) {
    log.warn({ error }, 'what was seen cannot be written for now')
  }
}

function toldOf(probes: ProbeStore, listeners: readonly ((probe: Probe) => void)[]): ProbeStore {
  return {
    ...probes,
    add(lease, probe) {
      probes.add(lease, probe)
      for (const listener of listeners) listener(probe)
    },
  }
}

/** Finds where a provider is reached: at the key that is its operator's now. */
function createReach(
  { operatorOf, log }: Pick<WatcherOptions, 'operatorOf' | 'log'>,
  contactOf: (operator: Address) => Dialable | undefined,
): (provider: bigint, signal: AbortSignal) => Promise<Reach> {
  const sinceMs = performance.now()
  return async (provider, signal) => {
    const operator = await operatorOf(provider, signal).catch((error) => {
      signal.throwIfAborted()
      // What the chain does not tell is no provider's fault.
      log.debug({ provider, error }, "a provider's operator is not known now")
      return undefined
    })
    const contact = operator && contactOf(operator)
    if (contact) return { contact }
    const heardAll = performance.now() - sinceMs > HEARD_ALL_MS
    return { contact: undefined, state: operator && heardAll ? 'hidden' : 'unheard' }
  }
}
