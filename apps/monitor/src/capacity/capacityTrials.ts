import type { Logger } from '@tender/kit'
import { askCapacity, type NetworkNode } from '@tender/network'
import type { CapacityCheck, EraCapacity, EraMonitor } from '@tender/protocol'
import type { LocalAccount } from 'viem'
import type { Blindness } from '../mesh/blindness.ts'
import type { WatchConfig } from '../probe/watchConfig.ts'
import type { Reach } from '../probe/watchedLease.ts'
import { isMoment, isMyTurn, type SeenBlock } from './moments.ts'
import { tryProvider } from './tryProvider.ts'

export type CapacityTrialsOptions = {
  account: Pick<LocalAccount, 'address'>
  eraSeconds: number
  node: NetworkNode
  config: Pick<WatchConfig, 'capacity'>
  blindness: Pick<Blindness, 'around'>
  monitors(): readonly EraMonitor[]
  capacity(): readonly EraCapacity[]
  reach(provider: bigint, signal: AbortSignal): Promise<Reach>
  add(check: CapacityCheck): void
  log: Logger
}

/** Tries whether what providers committed is there. */
export type CapacityTrials = {
  block(block: SeenBlock): void
  /** Tries until aborted. Blocks that came before are not looked at. */
  run(signal: AbortSignal): Promise<void>
}

export function createCapacityTrials(options: CapacityTrialsOptions): CapacityTrials {
  const { account, eraSeconds, node, config, blindness, monitors, capacity, reach, add, log } = options
  const rules = { momentsPerEra: config.capacity.momentsPerEra, eraSeconds }
  const underWay = new Set<Promise<void>>()
  let running: AbortSignal | undefined

  async function attempt(one: EraCapacity, at: number, signal: AbortSignal): Promise<void> {
    const { provider, resource } = one
    const units = one.committed - one.leased
    const found = await reach(provider, signal)
    if (!found.contact && found.state === 'unheard') return
    const fromMs = performance.now()
    const check = found.contact && (await checkOf(one, at, found.contact, signal))
    if (await blindness.around(fromMs, performance.now())) return
    add(check ?? { provider, resource, at, units, proven: 0 })
  }

  /** `undefined`: it gave no answer. */
  async function checkOf(
    { provider, resource, committed, leased }: EraCapacity,
    at: number,
    contact: Contact,
    signal: AbortSignal,
  ) {
    const trial = { provider, resource, freeUnits: committed - leased, at, contact, settings: config.capacity }
    try {
      return await tryProvider((peer, task, limits) => askCapacity(node, peer, task, limits), trial, signal)
    } catch (error) {
      signal.throwIfAborted()
      log.debug({ provider, error }, 'a provider did not show its capacity')
      return undefined
    }
  }

  return {
    block(block) {
      const signal = running
      if (!signal || signal.aborted || !isMoment(block, rules)) return
      for (const one of capacity()) {
        if (one.committed <= one.leased) continue
        if (!isMyTurn(block.hash, one.provider, monitors(), account.address)) continue
        const work = attempt(one, block.timestamp, signal)
          .catch((error) => {
            if (!signal.aborted) log.warn({ provider: one.provider, error }, "a provider's capacity could not be tried")
          })
          .finally(() => underWay.delete(work))
        underWay.add(work)
      }
    },
    async run(signal) {
      running = signal
      if (!signal.aborted) {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      }
      await Promise.all(underWay)
    },
  }
}

type Contact = NonNullable<Reach['contact']>
