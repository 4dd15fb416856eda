import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineFault, engineInfoSchema } from './engineInfo.ts'
import { inspectHost } from './inspectHost.ts'
import { noEngine, startTestEngine, type TestEngine } from './isolation/testEngine.ts'
import { probeHost } from './probeHost.ts'

const soon = () => AbortSignal.timeout(60_000)
const stateDir = mkdtempSync(join(tmpdir(), 'tender-probe-'))
afterAll(() => rmSync(stateDir, { recursive: true, force: true }))

const good = engineInfoSchema.parse({
  ServerVersion: '20.10.24+dfsg1',
  OSType: 'linux',
  DockerRootDir: '/',
  Driver: 'overlay2',
  NCPU: 2,
  MemTotal: 2 ** 32,
  MemoryLimit: true,
  PidsLimit: true,
  CpuCfsQuota: true,
  SecurityOptions: ['name=seccomp,profile=default'],
  Runtimes: { runc: {} },
})

describe('an engine', () => {
  test('that protects the host has no fault', () => {
    expect(engineFault(good, undefined)).toBeUndefined()
    expect(engineFault({ ...good, ServerVersion: '29.0.1' }, 'runc')).toBeUndefined()
  })

  test.each([
    [{ ServerVersion: '20.10.8' }, /older than 20.10.9/],
    [{ ServerVersion: '19.03.15' }, /older/],
    [{ ServerVersion: 'dev' }, /older/],
    [{ OSType: 'windows' }, /windows/],
    [{ PidsLimit: false }, /cannot limit/],
    [{ SecurityOptions: [] }, /seccomp/],
    [{ SecurityOptions: ['name=seccomp,profile=unconfined'] }, /seccomp/],
    [{ SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] }, /rootless/],
  ])('with %j is refused', (change, reason) => {
    expect(engineFault({ ...good, ...change }, undefined)).toMatch(reason)
  })

  test('without the runtime that was asked for is refused', () => {
    expect(engineFault(good, 'runsc')).toMatch(/no runtime runsc/)
  })
})

describe('a host whose engine is not there', () => {
  const engine = new Docker({ socketPath: join(stateDir, 'none.sock') })
  test('is unhealthy, and says why', async () => {
    const report = await probeHost({ engine, stateDir }, soon())
    expect(report).toEqual({ healthy: false, reason: 'the Docker engine does not answer' })
  })

  test('can be inspected', async () => {
    const found = await inspectHost({ engine, stateDir: join(stateDir, 'not', 'yet') }, soon())
    expect(found).toMatchObject({ disk: { path: stateDir }, runsc: false, reason: 'the Docker engine does not answer' })
    expect(found).not.toHaveProperty('engine')
    expect(found.cores).toBeGreaterThan(0)
  })
})

describe('a host whose engine hangs', () => {
  const socketPath = join(stateDir, 'silent.sock')
  const server = createServer(() => {})
  beforeAll(() => new Promise<void>((resolve) => server.listen(socketPath, resolve)))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  test('is unhealthy by the end of its limit', async () => {
    const report = await probeHost({ engine: new Docker({ socketPath }), stateDir }, soon())
    expect(report).toMatchObject({ healthy: false })
  })
})

describe.skipIf(noEngine)('a host', () => {
  let host: TestEngine
  beforeAll(async () => {
    host = await startTestEngine()
  })
  afterAll(() => host.close())

  test('is healthy with an engine and room', async () => {
    expect(await probeHost({ engine: host.engine, stateDir }, soon())).toMatchObject({
      healthy: true,
      cpuMilliTotal: expect.any(Number),
      diskBytesFree: expect.any(Number),
    })
  })

  test('is unhealthy once its disk is below what must stay free', async () => {
    const report = await probeHost({ engine: host.engine, stateDir, keepFreeBytes: Number.MAX_SAFE_INTEGER }, soon())
    expect(report).toMatchObject({ healthy: false, reason: expect.stringMatching(/disk of .* is full: \d+ MiB/) })
  })

  test('tells what it has', async () => {
    expect(await inspectHost({ engine: host.engine, stateDir }, soon())).toMatchObject({
      engine: {
        version: expect.stringMatching(/^\d+\./),
        storageDriver: 'overlay2',
        runtimes: expect.arrayContaining(['runc']),
      },
      virtualisation: expect.any(String),
      gpus: [],
    })
  })
})
