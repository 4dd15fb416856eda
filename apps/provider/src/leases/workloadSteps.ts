import {
  type ContainerDriver,
  type Driver,
  describeExit,
  type Handle,
  isContainerDriver,
  WorkloadNotFoundError,
} from '@tender/driver'
import type { LeaseEvidence, LogLine } from '@tender/network'
import { failureClass, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Backoff } from './backoff.ts'
import type { WorkloadStep } from './decide.ts'
import { gatherEvidence, newEvidence, whyOver } from './evidence.ts'
import { driverOf, type KeeperOptions, reasonOf, sentence } from './keeperOptions.ts'
import { type LeaseRecord, type Version, versionOf } from './leaseRecord.ts'
import type { Restarts } from './restarts.ts'
import { specOf } from './specOf.ts'
import { tidyBlobs } from './tidyBlobs.ts'
import { keepsVolumes as driverKeepsVolumes } from './volumes.ts'

/** A workload that does not stop by itself in this time is killed. */
const STOP_GRACE_MS = 10_000

/** A log that cannot be read in this time is archived another time. */
const ARCHIVE_TIMEOUT_MS = 120_000

/** A host that failed to start a new workload, or an update, so often is given up. */
const MOST_TRIES = 3

/** Trouble that may pass, as a registry that does not answer, is waited for some minutes: meanwhile no newer version is taken. */
const MOST_UPDATE_TRIES = 10

export type WorkloadSteps = {
  /** Brings a lease's workload one idempotent step further. */
  perform(record: LeaseRecord, step: WorkloadStep, signal: AbortSignal): Promise<void>
}

type Helpers = {
  backoff: Backoff
  restarts: Restarts
  /** Lets go of a workload whose handle is about to change. */
  unwatch(leaseId: Hex): void
}

export function createWorkloadSteps(options: KeeperOptions, { backoff, restarts, unwatch }: Helpers): WorkloadSteps {
  const { leases, archives, policy, log } = options
  const tidy = () => tidyBlobs(leases, options.blobs)

  async function start(record: LeaseRecord, signal: AbortSignal): Promise<void> {
    const { leaseId, fallback, update } = record
    const version = versionOf(record)
    if (!version) throw new TenderError('accepted without a manifest', { code: 'noManifest', class: 'internal' })
    try {
      const handle = await startFresh(record, version, signal)
      const failure = fallback && (await endedBadly(handle))
      if (failure) return fallBack(record, failure, handle)
      const done = update?.state === 'running' ? ({ ...update, state: 'done' } as const) : update
      leases.update(leaseId, { phase: 'running', handle, reason: undefined, fallback: undefined, update: done })
      log.info({ leaseId, driver: handle.driver, revision: version.revision }, 'running')
    } catch (error) {
      if (
        signal.aborted ||
        !isFinal(error, backoff.failures(leaseId, 'start'), record.readyAt !== undefined && !fallback)
      )
        throw error
      log.warn({ leaseId, error }, 'cannot be started')
      if (fallback) return fallBack(record, reasonOf(error))
      await giveUp(record, reasonOf(error), signal)
    }
  }

  /** A workload that was lost, as after a restart of the host, is run again; any other is run once. */
  async function startFresh(record: LeaseRecord, version: Version, signal: AbortSignal): Promise<Handle> {
    const driver = driverOf(options, version.manifest.brief.driver)
    if (record.handle) {
      await remove(record.handle)
      // Or a crash right after the start would make the next life remove what runs, for the one that was lost.
      leases.update(record.leaseId, { handle: undefined })
    }
    return driver.start(await specOf(record, version, driver, options, signal), signal)
  }

  async function endedBadly(handle: Handle): Promise<string | undefined> {
    const status = await driverOf(options, handle.driver).inspect(handle)
    if (status.state === 'running') return undefined
    const { reason } = status.result
    return reason.kind === 'exited' && reason.code === 0 ? undefined : sentence(describeExit(reason))
  }

  /** The version before runs again: it is removed what failed, and started, by the next steps. */
  function fallBack({ leaseId, fallback, revision = 0 }: LeaseRecord, reason: string, handle?: Handle): void {
    log.warn({ leaseId, revision, reason }, 'the update failed: the version before runs again')
    leases.update(leaseId, {
      ...fallback,
      phase: 'accepted',
      fallback: undefined,
      update: { revision, state: 'failed', reason },
      ...(handle && { handle }),
    })
  }

  async function giveUp(record: LeaseRecord, reason: string, signal: AbortSignal): Promise<void> {
    const { leaseId, update } = record
    const driver = record.handle && options.driverFor(record.handle.driver)
    const facts = { record, reason, endedAt: options.nowSeconds() }
    const evidence = await gatherEvidence(facts, driver, signal)
    const failed = update?.state === 'running' ? ({ ...update, state: 'failed', reason } as const) : update
    leases.update(leaseId, { phase: 'failed', reason, update: failed, ...unlessKnown(leaseId, evidence) })
  }

  async function update(record: LeaseRecord, pending: Version, signal: AbortSignal): Promise<void> {
    const { leaseId, handle, phase } = record
    const driver = driverOf(options, pending.manifest.brief.driver)
    if (phase !== 'running' || !handle || !isContainerDriver(driver)) return swap(record, pending)
    const { revision } = pending
    unwatch(leaseId)
    leases.update(leaseId, { update: { revision, state: 'running' } })
    try {
      const next = await driver.update(handle, await specOf(record, pending, driver, options, signal), signal)
      const done = { revision, state: 'done' } as const
      leases.update(leaseId, { ...pending, handle: next, pending: undefined, update: done, reason: undefined })
      log.info({ leaseId, revision }, 'updated')
    } catch (error) {
      // The host was started anew: there is nothing to replace any more.
      if (error instanceof WorkloadNotFoundError) return swap(record, pending)
      const failures = backoff.failures(leaseId, 'update')
      if (signal.aborted || (!isFinal(error, failures, false) && failures + 1 < MOST_UPDATE_TRIES)) throw error
      log.warn({ leaseId, revision, error }, 'cannot be updated')
      leases.update(leaseId, { pending: undefined, update: { revision, state: 'failed', reason: reasonOf(error) } })
    }
  }

  /** Puts a new version in the place of the one before, to be started; that one runs again if it cannot. */
  function swap(record: LeaseRecord, pending: Version): void {
    const { leaseId, phase } = record
    unwatch(leaseId)
    leases.update(leaseId, {
      ...pending,
      pending: undefined,
      fallback: phase === 'running' ? versionOf(record) : undefined,
      update: { revision: pending.revision, state: 'running' },
      phase: 'accepted',
      reason: undefined,
      ...anew(leaseId),
    })
  }

  async function stop(record: LeaseRecord, signal: AbortSignal): Promise<void> {
    const { leaseId, handle: kept, manifest, update, chain } = record
    const driver = kept ? driverOf(options, kept.driver) : manifest && options.driverFor(manifest.brief.driver)
    // A start or an update that was cut off between its effect and its record left a workload that the record does not lead to.
    const handle = (await driver?.find(leaseId)) ?? kept
    if (handle) await driver?.stop(handle, { graceMs: STOP_GRACE_MS })
    const facts = { record: { leaseId, handle }, reason: whyOver(record), endedAt: chain.stop }
    const gathered = await gatherEvidence(facts, driver, signal)
    // The chain may have said why meanwhile.
    const reason = whyOver(leases.get(leaseId) ?? record)
    const evidence = { ...gathered, reason }
    const cutOff = update?.state === 'running' && ({ ...update, state: 'failed', reason: 'the lease ended' } as const)
    const rest = { pending: undefined, fallback: undefined, ...(cutOff && { update: cutOff }) }
    leases.update(leaseId, { phase: 'stopped', handle, ...unlessKnown(leaseId, evidence), ...rest })
    restarts.forget(leaseId)
    log.info({ leaseId, reason }, 'stopped')
  }

  /** What explained an end that was none is forgotten, unless the chain has its hash. */
  function anew(leaseId: Hex) {
    return leases.get(leaseId)?.evidenceSent ? {} : { evidence: undefined }
  }

  function unlessKnown(leaseId: Hex, evidence: LeaseEvidence) {
    return newEvidence(leases.get(leaseId), evidence)
  }

  async function archive({ leaseId, handle, agentKey, chain }: LeaseRecord, signal: AbortSignal): Promise<void> {
    if (!handle || !agentKey) return
    const within = AbortSignal.any([signal, AbortSignal.timeout(ARCHIVE_TIMEOUT_MS)])
    const lines = logOf(driverOf(options, handle.driver), handle, within)
    const sizeBytes = await archives.put(leaseId, agentKey, lines)
    leases.update(leaseId, { archive: { sizeBytes, until: chain.stop + policy.keepEndedSeconds } })
  }

  async function retire({ leaseId, handle, manifest }: LeaseRecord): Promise<void> {
    if (handle) await remove(handle)
    // Also without a workload: one that was lost and could not be started again has left them.
    const driver = manifest && options.driverFor(manifest.brief.driver)
    const keepsVolumes = driver && (await driverKeepsVolumes(driver, leaseId))
    leases.update(leaseId, { phase: 'retired', handle: undefined, gpus: undefined, keepsVolumes })
    tidy()
  }

  /** Its volumes stay. */
  function remove(handle: Handle): Promise<void> {
    const driver = driverOf(options, handle.driver)
    return isContainerDriver(driver) ? driver.retire(handle) : driver.destroy(handle)
  }

  async function destroy({ leaseId, manifest, keepsVolumes }: LeaseRecord): Promise<void> {
    if (manifest && keepsVolumes) await containersOf(manifest.brief.driver).dropVolumes(leaseId)
    leases.update(leaseId, { phase: 'destroyed', secrets: undefined, keepsVolumes: undefined })
    tidy()
  }

  function containersOf(kind: string): ContainerDriver {
    const driver = driverOf(options, kind)
    if (isContainerDriver(driver)) return driver
    throw new TenderError(`the ${kind} driver keeps no volumes`, { code: 'noVolumes', class: 'internal' })
  }

  function resume({ leaseId, handle, manifest }: LeaseRecord): void {
    const phase = handle ? 'running' : manifest ? 'accepted' : 'opened'
    leases.update(leaseId, { phase, reason: undefined, endReason: undefined, archive: undefined, ...anew(leaseId) })
  }

  return {
    async perform(record, step, signal) {
      switch (step.do) {
        case 'start':
          await start(record, signal)
          return tidy()
        case 'update':
          if (record.pending) await update(record, record.pending, signal)
          return tidy()
        case 'stop':
          return stop(record, signal)
        case 'resume':
          return resume(record)
        case 'archive':
          return archive(record, signal)
        case 'retire':
          return retire(record)
        case 'destroy':
          return destroy(record)
      }
    },
  }
}

async function* logOf(driver: Driver, handle: Handle, signal: AbortSignal): AsyncIterable<LogLine> {
  try {
    yield* driver.logs(handle, {}, signal)
  } catch (error) {
    // Somebody removed it: what was said is gone, and nobody waits for it.
    if (!(error instanceof WorkloadNotFoundError)) throw error
  }
}

/** Whether trying again cannot help, or was tried often enough. What ran well before is worth any patience. */
function isFinal(error: unknown, failuresBefore: number, ranWell: boolean): boolean {
  const failure = failureClass(error)
  if (failure === 'user' || failure === 'workload') return true
  // These pass by themselves; a new lease has its start window for it.
  if (failure === 'network' || failure === 'conflict' || failure === 'limit') return false
  return !ranWell && failuresBefore + 1 >= MOST_TRIES
}
