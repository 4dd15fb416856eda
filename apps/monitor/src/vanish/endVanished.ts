import type { Logger } from '@tender/kit'
import type { Consent } from '@tender/network'
import { encodeProbes, type LeaseEnd, TenderError } from '@tender/protocol'
import { endLeaseByMonitors, type MarketClient, signLeaseEnd } from '@tender/sdk'
import { type Address, type Hex, isAddressEqual } from 'viem'
import { watchedLeaseOf } from '../assignments.ts'
import type { Parts } from '../eras/parts.ts'
import { isQuorum } from '../eras/schedule.ts'
import type { ChainView } from '../facts/chainView.ts'
import type { EventBook, LeaseHistory } from '../facts/eventBook.ts'
import { lowerCase } from '../facts/lowerCase.ts'
import type { Peers } from '../peers.ts'
import type { Watcher } from '../watcher.ts'
import type { Suspicion } from './suspicions.ts'

export type EndVanishedOptions = {
  me: Address
  client: MarketClient
  book: Pick<EventBook, 'lease'>
  chain: Pick<ChainView, 'members' | 'monitors' | 'next' | 'nowSeconds'>
  peers: Pick<Peers, 'suspect'>
  parts: Pick<Parts, 'put'>
  confirm: Watcher['confirm']
  sawAlive: Watcher['sawAlive']
  log: Logger
}

/** Ends leases whose provider vanished, with the signatures of more than two thirds of the weight. */
export type EndVanished = {
  /** Told again and again while it is so. Ends the lease if enough others find the same. */
  suspect(suspicion: Suspicion, signal: AbortSignal): Promise<void>
  /** Looks for itself, and signs what another monitor suspects. */
  judge(end: LeaseEnd, signal: AbortSignal): Promise<Consent>
  /** Leases that it ended so far. */
  ended(): number
}

/** Everybody looks for itself before it signs. */
const CONSENT_TIMEOUT_MS = 60_000
/** An end longer ago than this is not a fresh suspicion, and what was served since is for the report to judge. */
const LONGEST_AGO_SECONDS = 3_600
/** What this monitor saw so shortly after an end may have been before it: clocks of monitors differ a little. */
const CLOCKS_DIFFER_SECONDS = 10

export function createEndVanished(options: EndVanishedOptions): EndVanished {
  const { me, client, book, chain, peers, parts, confirm, sawAlive, log } = options
  const reports = client.book.contracts.eraReports
  const running = new Set<Hex>()
  let ended = 0

  async function collect(end: LeaseEnd, signal: AbortSignal) {
    const members = chain.members().filter(({ weight }) => weight > 0)
    const total = members.reduce((sum, { weight }) => sum + weight, 0)
    const { signature } = await signLeaseEnd(client, { end })
    const signatures: { index: number; weight: number; signature: Hex }[] = []
    const enough = Promise.withResolvers<void>()
    const over = new AbortController()
    const asking = AbortSignal.any([signal, over.signal])
    const isEnough = () =>
      isQuorum(
        signatures.reduce((sum, { weight }) => sum + weight, 0),
        total,
      )
    const asked = members.map(async ({ index, monitor, weight }) => {
      try {
        const consent =
          monitor === lowerCase(me) ? { signature } : await peers.suspect(monitor, end, CONSENT_TIMEOUT_MS, asking)
        if ('signature' in consent) signatures.push({ index, weight, signature: consent.signature })
        else log.info({ monitor, lease: end.lease, ...consent.refusal }, 'a monitor does not find a provider vanished')
        if (isEnough()) enough.resolve()
      } catch (error) {
        if (!asking.aborted) log.debug({ monitor, error }, 'a monitor does not answer a suspicion')
      }
    })
    await Promise.race([enough.promise, Promise.all(asked)])
    over.abort()
    signal.throwIfAborted()
    return isEnough() ? signatures : undefined
  }

  async function end(lease: LeaseHistory, { endedAt, probes }: Suspicion, signal: AbortSignal): Promise<void> {
    // Whoever asks for it by the end's evidence finds it here.
    const evidence = await parts.put(encodeProbes(probes), chain.next().era)
    const signatures = await collect({ reports, lease: lease.lease, endedAt, evidence }, signal)
    if (!signatures || lease.closings.length < (book.lease(lease.lease)?.closings.length ?? 0)) return
    const leaseEnd = { reports, lease: lease.lease, endedAt, evidence }
    const { transaction } = await endLeaseByMonitors(client, { lease: lease.terms, end: leaseEnd, signatures })
    ended += 1
    log.info({ lease: lease.lease, endedAt, transaction }, 'ended a lease whose provider vanished')
  }

  return {
    async suspect(suspicion, signal) {
      const lease = book.lease(suspicion.lease)
      if (!lease || running.has(lease.lease) || !isRunning(lease, chain.nowSeconds())) return
      running.add(lease.lease)
      try {
        await end(lease, suspicion, signal)
      } catch (error) {
        signal.throwIfAborted()
        log.warn({ lease: lease.lease, error }, 'a lease whose provider vanished could not be ended')
      } finally {
        running.delete(lease.lease)
      }
    },

    async judge(leaseEnd, signal) {
      const lease = book.lease(leaseEnd.lease)
      const now = chain.nowSeconds()
      if (!isAddressEqual(leaseEnd.reports, reports)) return refused('otherContract', 'it is for other reports')
      if (!lease || !isAddressEqual(lease.terms.verifier, reports))
        return refused('unknownLease', 'there is no such lease')
      if (!isRunning(lease, now)) return refused('leaseOver', 'the lease is over')
      const { endedAt } = leaseEnd
      if (endedAt > now || endedAt < now - LONGEST_AGO_SECONDS || endedAt < lease.terms.start) {
        return refused('otherTime', 'it cannot have ended then')
      }
      // That it is gone now says nothing about when it went.
      if (sawAlive(lease.lease, endedAt + CLOCKS_DIFFER_SECONDS)) {
        return refused('aliveSince', 'this monitor saw a sign of life after that')
      }
      try {
        const found = await confirm(watchedLeaseOf(lease), signal)
        if (!found.vanished) return refused(found.code, found.message)
      } catch (error) {
        if (error instanceof TenderError) return refused(error.code, error.message)
        throw error
      }
      const { signature } = await signLeaseEnd(client, { end: leaseEnd })
      return { signature }
    },

    ended: () => ended,
  }
}

function isRunning(lease: LeaseHistory, now: number): boolean {
  return watchedLeaseOf(lease).stop > now
}

function refused(code: string, message: string): Consent {
  return { refusal: { code, message } }
}
