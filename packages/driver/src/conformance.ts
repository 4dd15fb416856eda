import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Driver, isRouting } from './driver.ts'
import type { ExitReason, Handle, LeaseId, Limits, LogLine, ServiceSpec, WorkloadSpec, WorkloadUsage } from './types.ts'

/** Workloads that every driver must be able to run, in its own kind of image. */
export type ConformanceServices = {
  /** Exits with code 0. */
  succeeds: ServiceSpec
  /** Exits with code 3. */
  exitsWith3: ServiceSpec
  /** Writes the lines `one`, `two` and `three` to standard output and exits with 0. */
  prints: ServiceSpec
  /** Uses CPU until it is stopped. */
  runsForever: ServiceSpec
  /** Allocates until it may not. */
  exhaustsMemory: ServiceSpec
  /** Writes without end. */
  floods: ServiceSpec
  /** Traps, or dies of a signal. */
  crashes: ServiceSpec
  /** An image that is none. */
  invalid: ServiceSpec
  /** Answers every request with 200 and `hello`; shape `http`. */
  serves: ServiceSpec
}

/** A host of its own, with a driver on it. */
export type ConformanceSubject = {
  driver: Driver
  /** What a restarted process would have: another instance that shares nothing with the first in memory. */
  reopen(): Driver
  services: ConformanceServices
  /** Ends whatever is left. */
  close(): Promise<void>
}

const DEADLINE_MS = 60_000
const limits: Limits = { cpuMilli: 1_000, memoryBytes: 32 * 2 ** 20, diskBytes: 0 }

let leases = 0
function newLease(): LeaseId {
  leases += 1
  return `0x${leases.toString(16).padStart(64, '0')}`
}

/**
 * Registers the tests that every driver passes, and every fake.
 *
 * @example
 * describeDriver('wasm', async () => ({ driver: createWasmDriver({ stateDir }), ... }))
 */
export function describeDriver(name: string, create: () => Promise<ConformanceSubject>): void {
  describe(`${name} is a driver`, { timeout: DEADLINE_MS }, () => {
    let subject: ConformanceSubject
    let driver: Driver
    let handles: Handle[]
    const soon = () => AbortSignal.timeout(DEADLINE_MS)
    const specOf = (service: keyof ConformanceServices, more: Partial<Limits> = {}): WorkloadSpec => ({
      leaseId: newLease(),
      services: [subject.services[service]],
      limits: { ...limits, ...more },
    })
    const start = async (spec: WorkloadSpec): Promise<Handle> => {
      const handle = await driver.start(spec, soon())
      handles.push(handle)
      return handle
    }
    const reasonOf = async (service: keyof ConformanceServices, more?: Partial<Limits>): Promise<ExitReason> => {
      const handle = await start(specOf(service, more))
      return (await driver.wait(handle, soon())).reason
    }

    beforeEach(async () => {
      subject = await create()
      driver = subject.driver
      handles = []
    })
    afterEach(async () => {
      for (const handle of handles) await driver.destroy(handle)
      await subject.close()
    })

    test('reports its host', async () => {
      expect(await driver.probe(soon())).toMatchObject({ healthy: true, cpuMilliTotal: expect.any(Number) })
    })

    test('gives handles that survive JSON', async () => {
      const handle = await start(specOf('runsForever'))
      expect(JSON.parse(JSON.stringify(handle))).toEqual(handle)
      expect(handle.driver).toBe(driver.kind)
      expect(await driver.inspect(JSON.parse(JSON.stringify(handle)))).toEqual({ state: 'running' })
    })

    test('starts a lease once, however often it is asked', async () => {
      const spec = specOf('runsForever')
      const [first, second] = await Promise.all([start(spec), start(spec)])
      const third = await subject.reopen().start(spec, soon())
      expect(second).toEqual(first)
      expect(third).toEqual(first)
      await driver.stop(first, { graceMs: 0 })
      expect(await driver.inspect(first)).toMatchObject({ state: 'ended' })
    })

    test('does not run again what has ended', async () => {
      const spec = specOf('prints')
      const handle = await start(spec)
      const result = await driver.wait(handle, soon())
      expect(await driver.start(spec, soon())).toEqual(handle)
      expect(await driver.wait(handle, soon())).toEqual(result)
      expect(await texts(driver.logs(handle, {}, soon()))).toEqual(['one', 'two', 'three'])
    })

    test('adopts from the handle alone', async () => {
      const handle = await start(specOf('runsForever'))
      const other = subject.reopen()
      await other.recover(handle, soon())
      expect(await other.inspect(handle)).toEqual({ state: 'running' })
      await other.stop(handle, { graceMs: 0 })
      expect(await driver.wait(handle, soon())).toMatchObject({ reason: { kind: 'stopped' } })
    })

    test('finds what a lease has from its id alone', async () => {
      const spec = specOf('runsForever')
      expect(await driver.find(spec.leaseId)).toBeUndefined()
      const handle = await start(spec)
      expect(await subject.reopen().find(spec.leaseId)).toEqual(handle)
      await driver.destroy(handle)
      expect(await driver.find(spec.leaseId)).toBeUndefined()
    })

    test('says that a workload is not there', async () => {
      const handle = await start(specOf('succeeds'))
      await driver.destroy(handle)
      const missing = { code: 'workloadNotFound', class: 'notFound' }
      await expect(driver.recover(handle, soon())).rejects.toMatchObject(missing)
      await expect(driver.inspect(handle)).rejects.toMatchObject(missing)
      await expect(driver.wait(handle, soon())).rejects.toMatchObject(missing)
      await expect(driver.usage(handle)).rejects.toMatchObject(missing)
      await expect(texts(driver.logs(handle, {}, soon()))).rejects.toMatchObject(missing)
    })

    test('refuses a handle that is not its own', async () => {
      const handle = await start(specOf('succeeds'))
      await expect(driver.inspect({ ...handle, driver: 'other' })).rejects.toMatchObject({ code: 'badHandle' })
      await expect(driver.inspect({ ...handle, version: 99 })).rejects.toMatchObject({ code: 'badHandle' })
    })

    test('refuses what its capabilities exclude', async () => {
      const unsupported = { code: 'unsupportedWorkload', class: 'user' }
      const replicas = driver.capabilities.maxReplicas + 1
      const spec = { ...specOf('succeeds'), services: [{ ...subject.services.succeeds, replicas }] }
      await expect(driver.start(spec, soon())).rejects.toMatchObject(unsupported)
      await expect(driver.start({ ...spec, services: [] }, soon())).rejects.toMatchObject(unsupported)
    })

    test('records how a workload ended', async () => {
      expect(await reasonOf('succeeds')).toEqual({ kind: 'exited', code: 0 })
      expect(await reasonOf('exitsWith3')).toEqual({ kind: 'exited', code: 3 })
      expect(await reasonOf('crashes')).toMatchObject({ kind: 'crashed' })
      expect(await reasonOf('invalid')).toMatchObject({ kind: 'invalid' })
    })

    test('ends what passes its limits', async () => {
      expect(await reasonOf('exhaustsMemory')).toMatchObject({ kind: 'killed', by: 'memory' })
      expect(await reasonOf('floods')).toMatchObject({ kind: 'killed', by: 'output' })
    })

    test('stops, asking first', async () => {
      const handle = await start(specOf('runsForever'))
      await driver.stop(handle, { graceMs: 50 })
      expect(await driver.inspect(handle)).toMatchObject({ state: 'ended', result: { reason: { kind: 'stopped' } } })
      await driver.stop(handle, { graceMs: 50 })
    })

    test('stops and destroys what is not there', async () => {
      const handle = await start(specOf('succeeds'))
      await driver.destroy(handle)
      await driver.stop(handle, { graceMs: 0 })
      await driver.destroy(handle)
    })

    test('stopping does not change how a workload ended', async () => {
      const handle = await start(specOf('exitsWith3'))
      const result = await driver.wait(handle, soon())
      await driver.stop(handle, { graceMs: 0 })
      expect(await driver.wait(handle, soon())).toEqual(result)
    })

    test('may start a lease again once it is destroyed', async () => {
      const spec = specOf('exitsWith3')
      await driver.wait(await start(spec), soon())
      await driver.destroy(await start(spec))
      expect((await driver.wait(await start(spec), soon())).reason).toEqual({ kind: 'exited', code: 3 })
    })

    test('meters, and never counts back', async () => {
      const handle = await start(specOf('runsForever'))
      const seen: number[] = []
      await expect
        .poll(async () => seen.push((await driver.usage(handle)).cpuMs) && seen.at(-1), { timeout: DEADLINE_MS })
        .toBeGreaterThan(100)
      const { services, ...used } = await driver.usage(handle)
      expect(services).toEqual([{ service: subject.services.runsForever.name, ...withoutTime(used) }])
      expect(used.memoryBytes).toBeGreaterThan(0)
      expect(used.memoryPeakBytes).toBeGreaterThanOrEqual(used.memoryBytes)
      await driver.stop(handle, { graceMs: 0 })
      const stopped = await driver.usage(handle)
      expect(stopped).toMatchObject({ memoryBytes: 0, memoryPeakBytes: expect.any(Number) })
      expect(stopped.atMs).toBeGreaterThanOrEqual(used.atMs)
      seen.push(used.cpuMs, stopped.cpuMs)
      expect(seen).toEqual([...seen].sort((a, b) => a - b))
    })

    test('keeps the log after the end', async () => {
      const handle = await start(specOf('prints'))
      await driver.wait(handle, soon())
      const lines = await all(driver.logs(handle, {}, soon()))
      expect(lines.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
      expect(lines[0]).toMatchObject({ stream: 'stdout', service: subject.services.prints.name })
      expect(await texts(subject.reopen().logs(handle, { tailLines: 2 }, soon()))).toEqual(['two', 'three'])
      expect(await texts(driver.logs(handle, { tailLines: 0 }, soon()))).toEqual([])
    })

    test('follows the log until the end', async () => {
      const handle = await start(specOf('prints'))
      expect(await texts(driver.logs(handle, { follow: true }, soon()))).toEqual(['one', 'two', 'three'])
    })

    test('lets go when it is told to', async () => {
      const reason = new Error('enough')
      const handle = await start(specOf('runsForever'))
      const later = new AbortController()
      const waiting = driver.wait(handle, later.signal)
      const following = texts(driver.logs(handle, { follow: true }, later.signal))
      later.abort(reason)
      await expect(waiting).rejects.toBe(reason)
      await expect(following).rejects.toBe(reason)
      expect(await driver.inspect(handle)).toEqual({ state: 'running' })
    })

    test('leaves nothing of a start that was aborted', async () => {
      const spec = specOf('exitsWith3')
      const reason = new Error('never mind')
      await expect(driver.start(spec, AbortSignal.abort(reason))).rejects.toBe(reason)
      expect((await driver.wait(await start(spec), soon())).reason).toEqual({ kind: 'exited', code: 3 })
    })

    test('keeps workloads apart', async () => {
      const quiet = await start(specOf('serves'))
      const noisy = await Promise.all(
        (['exhaustsMemory', 'floods', 'crashes', 'invalid'] as const).map((name) => start(specOf(name))),
      )
      await Promise.all(noisy.map((handle) => driver.wait(handle, soon())))
      expect(await driver.inspect(quiet)).toEqual({ state: 'running' })
      expect(await texts(driver.logs(quiet, {}, soon()))).toEqual([])
    })

    test('routes to an http service, if it says it can', async (context) => {
      if (!isRouting(driver)) return context.skip()
      const handle = await start(specOf('serves'))
      const [endpoint] = await driver.endpoints(handle)
      const { host, port, headers } = endpoint ?? expect.fail('no endpoint')
      const response = await fetch(`http://${host}:${port}/`, { headers, signal: soon() })
      expect([response.status, await response.text()]).toEqual([200, 'hello'])
      await driver.stop(handle, { graceMs: 1_000 })
      await expect(driver.endpoints(handle)).rejects.toMatchObject({ code: 'notServing' })
      const command = await start(specOf('runsForever'))
      await expect(driver.endpoints(command)).rejects.toMatchObject({ code: 'notServing' })
    })
  })
}

async function all(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  return Array.fromAsync(lines)
}

async function texts(lines: AsyncIterable<LogLine>): Promise<string[]> {
  return (await all(lines)).map(({ text }) => text)
}

function withoutTime({ cpuMs, memoryBytes, memoryPeakBytes }: Omit<WorkloadUsage, 'services'>) {
  return { cpuMs, memoryBytes, memoryPeakBytes }
}
