import type { Duplex, Readable } from 'node:stream'
import { type ContainerDriver, type Driver, type Handle, isContainerDriver } from '@tender/driver'
import type { CopyPlace, RemoteCommand, RemoteExec, TunnelTarget } from '@tender/network'
import { TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { LeaseBook } from './leases/leaseBook.ts'
import type { LeasePhase } from './leases/leaseRecord.ts'

/** The ways into a lease's workload that its agent has besides HTTP. */
export type WaysIn = {
  connect(lease: Hex, target: TunnelTarget, signal: AbortSignal): Promise<Duplex>
  exec(lease: Hex, command: RemoteCommand, signal: AbortSignal): Promise<RemoteExec>
  copyOut(lease: Hex, from: CopyPlace, signal: AbortSignal): Promise<Readable>
  copyIn(lease: Hex, to: CopyPlace, tar: Readable, signal: AbortSignal): Promise<void>
}

/** @throws {TenderError} from each: `unknownLease`, `notRunning`, `noWayIn`, or what the driver says */
export function createWaysIn(
  leases: Pick<LeaseBook, 'get'>,
  driverFor: (kind: string) => Driver | undefined,
  nowSeconds: () => number,
): WaysIn {
  function enter(lease: Hex): { driver: ContainerDriver; handle: Handle } {
    const record = leases.get(lease)
    if (!record) throw new TenderError('no such lease', { code: 'unknownLease', class: 'notFound' })
    const { phase, handle, chain, reason } = record
    if (phase !== 'running' || !handle || chain.stop <= nowSeconds()) throw notRunning(phase, reason)
    const driver = driverFor(handle.driver)
    if (driver && isContainerDriver(driver)) return { driver, handle }
    throw new TenderError(`a workload of the ${handle.driver} driver cannot be entered`, {
      code: 'noWayIn',
      class: 'user',
      hint: 'Only containers have ports of their own, run commands and hold files.',
      data: { driver: handle.driver },
    })
  }
  return {
    async connect(lease, target, signal) {
      const { driver, handle } = enter(lease)
      return driver.connect(handle, target, signal)
    },
    async exec(lease, command, signal) {
      const { driver, handle } = enter(lease)
      return driver.exec(handle, command, signal)
    },
    async copyOut(lease, from, signal) {
      const { driver, handle } = enter(lease)
      return driver.copyOut(handle, from, signal)
    },
    async copyIn(lease, to, tar, signal) {
      const { driver, handle } = enter(lease)
      return driver.copyIn(handle, to, tar, signal)
    },
  }
}

function notRunning(phase: LeasePhase, reason: string | undefined): TenderError {
  const starts = phase === 'opened' || phase === 'accepted'
  return new TenderError(starts ? 'the workload does not run yet' : `the workload runs no more: ${reason ?? phase}`, {
    code: 'notRunning',
    class: 'conflict',
    data: { phase },
  })
}
