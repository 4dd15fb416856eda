import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ContainerDriver } from './driver.ts'
import type { Handle, LeaseId, Limits, ServiceSpec, WorkloadSpec } from './types.ts'

/** What every container driver must be able to run, in its own kind of image. The first port of each `http` service is `http`. */
export type ContainerConformanceServices = {
  /** Shape `http`: answers every request with 200 and `hello`. */
  serves: ServiceSpec
  /** As `serves`, of the same name, but answers `goodbye`. */
  servesOther: ServiceSpec
  /** As `serves`, of the same name, but writes the line `not yet`, has a healthcheck, and never becomes healthy. */
  neverHealthy: ServiceSpec
  /**
   * Shape `http`, another name than `serves`: answers with the number of its starts on the volume `data`, which it keeps there
   * and which is mounted to be written to.
   */
  counts: ServiceSpec
  /** As `counts`, of the same name, but never healthy; it counts its starts all the same. */
  countsNeverHealthy: ServiceSpec
  /** In the container of `serves`: writes `out` to standard output and `err` to the other, ends with 4. */
  says: readonly string[]
  /** In the container of `serves`: copies its standard input to its standard output until the input ends. */
  copies: readonly string[]
  /** A folder of `serves` that its files can be copied into. */
  folder: string
}

/** A host of its own, with a container driver on it. */
export type ContainerConformanceSubject = {
  driver: ContainerDriver
  /** Another instance that shares nothing with the first in memory. */
  reopen(): ContainerDriver
  services: ContainerConformanceServices
  /** Ends whatever is left. */
  close(): Promise<void>
}

const DEADLINE_MS = 120_000
const VOLUME_BYTES = 16 * 2 ** 20
const limits: Limits = { cpuMilli: 1_000, memoryBytes: 64 * 2 ** 20, diskBytes: VOLUME_BYTES }
const notThere = { code: 'workloadNotFound', class: 'notFound' }

let leases = 0xc000_0000
function newLease(): LeaseId {
  leases += 1
  return `0x${leases.toString(16).padStart(64, '0')}`
}

/**
 * Registers the tests that every container driver passes besides those of `describeDriver`, and every fake of one.
 *
 * @example
 * describeContainers('docker', async () => ({ driver: createDockerDriver({ stateDir }), ... }))
 */
export function describeContainers(name: string, create: () => Promise<ContainerConformanceSubject>): void {
  describe(`${name} is a container driver`, { timeout: DEADLINE_MS }, () => {
    let subject: ContainerConformanceSubject
    let driver: ContainerDriver
    let used: LeaseId[]
    const soon = () => AbortSignal.timeout(DEADLINE_MS)
    const specOf = (service: ServiceSpec, more: Partial<WorkloadSpec> = {}): WorkloadSpec => {
      const needsVolume = (service.volumes ?? []).length > 0
      const volumes = needsVolume ? { volumes: [{ name: 'data', sizeBytes: VOLUME_BYTES }] } : {}
      return { leaseId: newLease(), services: [service], limits, ...volumes, ...more }
    }
    const start = async (spec: WorkloadSpec): Promise<Handle> => {
      used.push(spec.leaseId)
      return driver.start(spec, soon())
    }
    const ask = async (handle: Handle): Promise<string> => {
      const [endpoint] = await driver.endpoints(handle)
      const { host, port, headers } = endpoint ?? expect.fail('no endpoint')
      // A kept connection would outlive the container that it leads to.
      return (
        await fetch(`http://${host}:${port}/`, { headers: { ...headers, connection: 'close' }, signal: soon() })
      ).text()
    }
    const answers = (handle: Handle, what: string) =>
      expect.poll(() => ask(handle).catch(String), { timeout: DEADLINE_MS }).toBe(what)

    beforeEach(async () => {
      subject = await create()
      driver = subject.driver
      used = []
    })
    afterEach(async () => {
      for (const leaseId of used) {
        const handle = await driver.find(leaseId)
        if (handle) await driver.destroy(handle)
        await driver.dropVolumes(leaseId)
      }
      await subject.close()
    })

    test('declares its powers', () => {
      expect(driver.capabilities).toMatchObject({ containers: true, routing: true })
    })

    test('replaces what runs', async () => {
      const spec = specOf(subject.services.serves)
      const old = await start(spec)
      await answers(old, 'hello')
      const next = { ...spec, services: [subject.services.servesOther] }
      const handle = await driver.update(old, next, soon())
      expect(handle).not.toEqual(old)
      await answers(handle, 'goodbye')
      await expect(driver.inspect(old)).rejects.toMatchObject(notThere)
      expect(await driver.find(spec.leaseId)).toEqual(handle)
      expect(await subject.reopen().update(old, next, soon())).toEqual(handle)
      expect(await driver.inspect(handle)).toEqual({ state: 'running' })
      const again = await driver.update(handle, spec, soon())
      await answers(again, 'hello')
    })

    test('loses no request while it replaces', async () => {
      const spec = specOf(subject.services.serves)
      const old = await start(spec)
      await answers(old, 'hello')
      const seen: string[] = []
      let handle = old
      let isOver = false
      const asking = (async () => {
        // A refusal needs no event to come: without a turn for others nobody would tell this loop of the new handle.
        for (; !isOver; await nextTurn()) seen.push(await ask(handle).catch(String))
      })()
      const updating = driver.update(old, { ...spec, services: [subject.services.servesOther] }, soon())
      await expect.poll(() => driver.find(spec.leaseId), { timeout: DEADLINE_MS, interval: 5 }).not.toEqual(old)
      handle = (await driver.find(spec.leaseId)) ?? expect.fail('gone')
      expect(await updating).toEqual(handle)
      await expect.poll(() => seen.at(-1), { timeout: DEADLINE_MS }).toBe('goodbye')
      isOver = true
      await asking
      // From the moment on at which the new handle leads somewhere, the old one leads nowhere: who asks in between asks again.
      expect([...new Set(seen)].filter((answer) => !answer.startsWith('WorkloadNotFoundError'))).toEqual([
        'hello',
        'goodbye',
      ])
    })

    test('keeps the old one when the new one never becomes healthy, and says why', async () => {
      const spec = specOf(subject.services.serves)
      const handle = await start(spec)
      await answers(handle, 'hello')
      const failing = { ...spec, services: [subject.services.neverHealthy] }
      const failure = await driver.update(handle, failing, soon()).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'updateFailed', class: 'workload' })
      expect(failure).toMatchObject({ data: { reason: expect.stringContaining('not yet') } })
      expect(await driver.inspect(handle)).toEqual({ state: 'running' })
      expect(await ask(handle)).toBe('hello')
      const mended = await driver.update(handle, { ...spec, services: [subject.services.servesOther] }, soon())
      await answers(mended, 'goodbye')
    })

    test('keeps the old one when an update is aborted', async () => {
      const spec = specOf(subject.services.serves)
      const handle = await start(spec)
      await answers(handle, 'hello')
      const reason = new Error('enough')
      const later = new AbortController()
      const updating = driver.update(handle, { ...spec, services: [subject.services.neverHealthy] }, later.signal)
      later.abort(reason)
      await expect(updating).rejects.toBe(reason)
      expect(await driver.inspect(handle)).toEqual({ state: 'running' })
      expect(await ask(handle)).toBe('hello')
    })

    test('leaves alone what an update does not change', async () => {
      const { counts, serves, servesOther } = subject.services
      const spec = { ...specOf(counts), services: [counts, serves] }
      const port = counts.ports?.[0]?.target ?? expect.fail('no port')
      const countOf = async (handle: Handle) => {
        const [endpoint] = await driver.endpoints(handle, { service: counts.name, port })
        const { host, headers } = endpoint ?? expect.fail('no endpoint')
        return (await fetch(`http://${host}:${endpoint?.port}/`, { headers, signal: soon() })).text()
      }
      const handle = await start(spec)
      await expect.poll(() => countOf(handle).catch(String), { timeout: DEADLINE_MS }).toBe('1')
      const before = await driver.endpoints(handle, { service: counts.name, port })
      const updated = await driver.update(handle, { ...spec, services: [counts, servesOther] }, soon())
      expect(await driver.endpoints(updated, { service: counts.name, port })).toEqual(before)
      expect(await countOf(updated)).toBe('1')
    })

    test('stops what writes to a volume before its replacement, and goes back to it', async () => {
      const { counts, countsNeverHealthy } = subject.services
      const spec = specOf(counts)
      const old = await start(spec)
      await answers(old, '1')
      const other = { ...counts, environment: { ...counts.environment, CHANGED: 'yes' } }
      const handle = await driver.update(old, { ...spec, services: [other] }, soon())
      await answers(handle, '2')
      const failing = { ...spec, services: [countsNeverHealthy] }
      await expect(driver.update(handle, failing, soon())).rejects.toMatchObject({ code: 'updateFailed' })
      // The one that failed was the third start; the one before it started again is the fourth.
      await answers(handle, '4')
      expect(await driver.inspect(handle)).toEqual({ state: 'running' })
    })

    test('keeps volumes of what is retired', async () => {
      const spec = specOf(subject.services.counts)
      const first = await start(spec)
      await answers(first, '1')
      expect(await driver.keptVolumes()).toContainEqual({ leaseId: spec.leaseId, sizeBytes: VOLUME_BYTES })
      await driver.retire(first)
      await driver.retire(first)
      expect(await driver.find(spec.leaseId)).toBeUndefined()
      await expect(driver.inspect(first)).rejects.toMatchObject(notThere)
      expect(await driver.keptVolumes()).toContainEqual({ leaseId: spec.leaseId, sizeBytes: VOLUME_BYTES })
      await answers(await start(spec), '2')
    })

    test('gives volumes to the lease that comes after', async () => {
      const spec = specOf(subject.services.counts)
      const first = await start(spec)
      await answers(first, '1')
      await driver.retire(first)
      const next = specOf(subject.services.counts, { previous: spec.leaseId })
      const second = await start(next)
      await answers(second, '2')
      const leaseIds = (await driver.keptVolumes()).map(({ leaseId }) => leaseId)
      expect(leaseIds).toContain(next.leaseId)
      expect(leaseIds).not.toContain(spec.leaseId)
    })

    test('removes volumes when it is told to', async () => {
      const spec = specOf(subject.services.counts)
      const first = await start(spec)
      await answers(first, '1')
      await driver.retire(first)
      await driver.dropVolumes(spec.leaseId)
      await driver.dropVolumes(spec.leaseId)
      expect(await driver.keptVolumes()).not.toContainEqual(expect.objectContaining({ leaseId: spec.leaseId }))
      const second = await start(spec)
      await answers(second, '1')
      await driver.destroy(second)
      expect(await driver.keptVolumes()).not.toContainEqual(expect.objectContaining({ leaseId: spec.leaseId }))
    })

    test('connects to a port', async () => {
      const { serves, counts } = subject.services
      const handle = await start(specOf(serves))
      await answers(handle, 'hello')
      const port = serves.ports?.[0]?.target ?? expect.fail('no port')
      const connection = await driver.connect(handle, { service: serves.name, port }, soon())
      connection.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
      expect(await text(connection)).toContain('hello')
      const notServing = { code: 'notServing', class: 'conflict' }
      await expect(driver.connect(handle, { service: counts.name, port }, soon())).rejects.toMatchObject(notServing)
      await expect(driver.connect(handle, { service: serves.name, port: 1 }, soon())).rejects.toMatchObject(notServing)
      await driver.stop(handle, { graceMs: 0 })
      await expect(driver.connect(handle, { service: serves.name, port }, soon())).rejects.toMatchObject(notServing)
    })

    test('runs commands beside', async () => {
      const { serves, says, copies } = subject.services
      const handle = await start(specOf(serves))
      const at = { service: serves.name, replica: 0 }
      const said = await driver.exec(handle, { ...at, command: says }, soon())
      const [out, err] = await Promise.all([text(said.stdout), text(said.stderr)])
      expect([out.trim(), err.trim(), await said.exit]).toEqual(['out', 'err', 4])
      const copied = await driver.exec(handle, { ...at, command: copies }, soon())
      copied.stdin.end('to and fro')
      expect([await text(copied.stdout), await copied.exit]).toEqual(['to and fro', 0])
      const endless = await driver.exec(handle, { ...at, command: copies }, soon())
      endless.kill()
      await endless.exit
      await expect(driver.exec(handle, { ...at, replica: 9, command: says }, soon())).rejects.toMatchObject({
        code: 'notServing',
      })
      await expect(driver.exec(handle, { ...at, command: ['/no/such/program'] }, soon())).rejects.toMatchObject({
        code: 'startFailed',
      })
    })

    test('copies in and out', async () => {
      const { serves, folder } = subject.services
      const handle = await start(specOf(serves))
      const at = { service: serves.name, replica: 0 }
      await driver.copyIn(handle, { ...at, path: folder }, Readable.from([tarOf('word', 'kept')]), soon())
      const tar = await buffer(await driver.copyOut(handle, { ...at, path: `${folder}/word` }, soon()))
      expect(tar.toString('latin1', 0, 4)).toBe('word')
      expect(tar.includes('kept')).toBe(true)
      const missing = { code: 'pathNotFound', class: 'notFound' }
      await expect(driver.copyOut(handle, { ...at, path: '/no/such/path' }, soon())).rejects.toMatchObject(missing)
      const nowhere = Readable.from([tarOf('word', 'kept')])
      await expect(driver.copyIn(handle, { ...at, path: '/no/such/path' }, nowhere, soon())).rejects.toMatchObject(
        missing,
      )
    })
  })
}

/** A tar of one small file. */
function tarOf(name: string, content: string): Buffer {
  const header = Buffer.alloc(512)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  header.write(name, 0)
  header.write(octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(content.length, 12) + octal(0, 12), 100)
  header.write('        0', 148)
  header.write('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(512)
  body.write(content)
  return Buffer.concat([header, body, Buffer.alloc(1024)])
}
