import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Handle, WorkloadSpec } from '@tender/driver'
import { isRetryable } from '@tender/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestKit, DEADLINE_MS, noDocker, soon, type TestKit } from './testKit.ts'

let kit: TestKit

/** A provider of its own that carries out one call. */
async function provider(call: string, ...values: unknown[]): Promise<ChildProcess> {
  const path = fileURLToPath(new URL('./createDockerDriver.ts', import.meta.url))
  const code = `
    import { createDockerDriver } from ${JSON.stringify(path)}
    const driver = createDockerDriver(${JSON.stringify(kit.options)})
    const values = ${JSON.stringify(values)}
    const signal = AbortSignal.timeout(${DEADLINE_MS})
    process.send('ready')
    await ${call}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(child, 'message', { signal: soon() })
  return child
}

async function killAfter(child: ChildProcess, afterMs: number): Promise<void> {
  const gone = once(child, 'exit')
  await delay(afterMs)
  child.kill('SIGKILL')
  await gone
}

/** The engine writes down what a container says a moment after it said it. */
const textsOf = async (handle: Handle) =>
  (await Array.fromAsync(kit.driver.logs(handle, {}, soon()))).map(({ service, text }) => `${service}: ${text}`)

/** Two services, one waiting for the other's health. `before` is what `web` does before it serves. */
function twoServices(page: string, before = ':'): Pick<WorkloadSpec, 'services'> {
  const healthcheck = {
    command: ['test', '-f', '/tmp/index.html'],
    intervalMs: 200,
    timeoutMs: 20_000,
    retries: 100,
    startPeriodMs: 0,
  }
  const db = kit.web(`echo up; printf ${page} > $PAGE`, { name: 'db', healthcheck })
  const web = kit.web(`echo up; ${before}; printf ${page} > $PAGE`, { dependsOn: { db: 'healthy' } })
  return { services: [web, db] }
}

describe.skipIf(noDocker)('when a provider dies', { timeout: 3 * DEADLINE_MS }, () => {
  beforeAll(async () => {
    kit = await createTestKit()
  })
  afterAll(() => kit.close())

  test('a start that was killed at any moment is finished, once', async () => {
    for (const afterMs of [5, 150, 400, 800, 1_400]) {
      const spec = { ...kit.spec([]), ...twoServices('hello') }
      await killAfter(await provider('driver.start(values[0], signal)', spec), afterMs)
      const [handle, again] = await Promise.all([kit.start(spec), kit.reopen().start(spec, soon())])
      expect(again).toEqual(handle)
      expect(await kit.ask(handle)).toBe('hello')
      await expect.poll(() => textsOf(handle)).toEqual(['db: up', 'web: up'])
      expect((await kit.running(spec)).length).toBe(2)
      await kit.driver.destroy(handle)
      expect(await kit.running(spec)).toEqual([])
    }
  })

  test('an update that was killed at any moment is finished', async () => {
    const data = { volumes: [{ name: 'data', sizeBytes: 2 ** 24 }] }
    const volumes = [{ volume: 'data', path: '/data', readOnly: false }]
    const files = (page: string) => {
      const { services } = twoServices(page)
      return {
        services: services.map((service) => (service.name === 'db' ? { ...service, volumes } : service)),
        ...data,
      }
    }
    for (const afterMs of [5, 400, 1_200, 2_500, 4_500]) {
      const spec = { ...kit.spec([]), ...files('hello') }
      const old = await kit.start(spec)
      const next = { ...spec, ...files('goodbye') }
      await killAfter(await provider('driver.update(values[0], values[1], signal)', old, next), afterMs)
      const handle = await kit.driver.update(old, next, soon())
      expect([await kit.ask(handle), await kit.ask(handle, 'db')]).toEqual(['goodbye', 'goodbye'])
      expect(await kit.driver.inspect(handle)).toEqual({ state: 'running' })
      expect((await kit.running(spec)).length).toBe(2)
      await expect.poll(() => textsOf(handle)).toEqual(['db: up', 'web: up'])
      await expect(kit.driver.inspect(old)).rejects.toMatchObject({ code: 'workloadNotFound' })
      await kit.driver.destroy(handle)
    }
  })

  test('an update that was killed while a container was off the network is finished', async () => {
    const spec = { ...kit.spec([]), ...twoServices('hello') }
    const old = await kit.start(spec)
    // Without its file the update would end while its process is still to be killed.
    const next = { ...spec, ...twoServices('goodbye', 'until [ -f /tmp/go ]; do sleep 0.1; done') }
    const child = await provider('driver.update(values[0], values[1], signal)', old, next)
    const fresh = async () => {
      const all = await kit.engine.listContainers()
      return all.filter(
        ({ Names, Labels }) => Names[0]?.includes(`${spec.leaseId.slice(2)}-web`) && Labels['tender.revision'] === '2',
      )
    }
    await expect.poll(async () => (await fresh()).length).toBe(1)
    await killAfter(child, 0)
    const [web] = await fresh()
    const exec = await kit.engine.getContainer(web?.Id ?? '').exec({ Cmd: ['touch', '/tmp/go'] })
    await exec.start({})
    const [network = ''] = Object.keys(web?.NetworkSettings.Networks ?? {})
    await kit.engine.getNetwork(network).disconnect({ Container: web?.Id ?? '', Force: true })
    const handle = await kit.driver.update(old, next, soon())
    expect(await kit.ask(handle)).toBe('goodbye')
    await kit.driver.destroy(handle)
  })

  test('an update that was killed and that nobody goes on with is taken back by who adopts', async () => {
    const volumes = [{ volume: 'data', path: '/data', readOnly: false }]
    const web = kit.web('printf hello > $PAGE', { volumes })
    const spec = kit.spec([web], { volumes: [{ name: 'data', sizeBytes: 2 ** 24 }] })
    const old = await kit.start(spec)
    const sick = { command: ['false'], intervalMs: 1_000, timeoutMs: 20_000, retries: 100, startPeriodMs: 0 }
    const next = { ...spec, services: [{ ...web, environment: { A: 'b' }, healthcheck: sick }] }
    const child = await provider('driver.update(values[0], values[1], signal)', old, next)
    // The old one is stopped and the new one runs: the worst moment.
    const all = async () =>
      (await kit.engine.listContainers({ all: true })).filter(({ Names }) => Names[0]?.includes(spec.leaseId.slice(2)))
    await expect.poll(async () => (await all()).map(({ State }) => State).sort()).toEqual(['exited', 'running'])
    await killAfter(child, 0)
    await kit.reopen().recover(old, soon())
    await expect.poll(() => kit.ask(old).catch(String)).toBe('hello')
    expect(await kit.driver.inspect(old)).toEqual({ state: 'running' })
    expect((await all()).length).toBe(1)
  })

  test('a container that somebody killed is lost, and nothing runs on without it', async () => {
    const spec = { ...kit.spec([]), ...twoServices('hello') }
    const handle = await kit.start(spec)
    const [web] = (await kit.engine.listContainers()).filter(({ Names }) =>
      Names[0]?.includes(`${spec.leaseId.slice(2)}-web`),
    )
    await kit.engine.getContainer(web?.Id ?? '').kill({ signal: 'SIGKILL' })
    const result = await kit.driver.wait(handle, soon())
    expect(result.reason).toEqual({ kind: 'lost' })
    expect(await kit.driver.start(spec, soon())).toEqual(handle)
    expect(await kit.driver.inspect(handle)).toEqual({ state: 'ended', result })
    expect(await kit.running(spec)).toEqual([])
  })
})

describe.skipIf(noDocker)('when dockerd dies', { timeout: 3 * DEADLINE_MS }, () => {
  afterEach(() => kit.close())

  test('calls fail so that they can be made again, and what was to run runs', async () => {
    kit = await createTestKit()
    const { driver, web, spec, start } = kit
    const always = { when: 'always' } as const
    // One that ends well when it is asked to: its end must not be taken for the end of its work.
    const polite = kit.script(`trap 'exit 0' TERM; while :; do sleep 0.2; done`)
    const kept = await start(spec([web('printf hello > $PAGE', { restart: always })]))
    const lost = spec([polite, web('printf hello > $PAGE', { restart: always })])
    const lostHandle = await start(lost)
    const [before] = await driver.endpoints(kept)
    await driver.usage(kept)
    const waiting = driver.wait(lostHandle, soon()).catch((error: unknown) => error)
    await kit.kill()
    const calls = [
      () => driver.inspect(kept),
      () => driver.endpoints(kept),
      () => driver.usage(kept),
      () => driver.stop(kept, { graceMs: 0 }),
      () => driver.recover(kept, soon()),
      () => driver.start(spec([polite]), soon()),
      () => driver.update(kept, lost, soon()),
      () => Array.fromAsync(driver.logs(kept, {}, soon())),
    ]
    for (const call of calls) {
      const error = await call().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'engineUnreachable' })
      expect(isRetryable(error)).toBe(true)
    }
    expect(await waiting).toMatchObject({ code: 'engineUnreachable' })
    expect(await driver.probe(soon())).toMatchObject({ healthy: false })
    await kit.revive()
    expect((await driver.wait(lostHandle, soon())).reason).toEqual({ kind: 'lost' })
    expect(await kit.running(lost)).toEqual([])
    await driver.retire(lostHandle)
    expect(await driver.inspect(await start(lost))).toEqual({ state: 'running' })
    expect((await kit.running(lost)).length).toBe(2)
    expect(await driver.endpoints(kept)).toEqual([before])
    await expect.poll(() => kit.ask(kept).catch(String)).toBe('hello')
    expect(await driver.inspect(kept)).toEqual({ state: 'running' })
    await driver.stop(kept, { graceMs: 0 })
    // What was stopped stays so, whatever its policy.
    await kit.kill()
    await kit.revive()
    expect(await driver.inspect(kept)).toMatchObject({ result: { reason: { kind: 'stopped' } } })
  })

  test('with live-restore containers run on, and serve while it is dead', async () => {
    kit = await createTestKit(['--live-restore'])
    const { driver, web, spec, start } = kit
    const handle = await start(spec([web('echo up; printf hello > $PAGE')]))
    const [{ host, port } = expect.fail('no endpoint')] = await driver.endpoints(handle)
    await kit.kill()
    expect(await (await fetch(`http://${host}:${port}/`, { headers: { connection: 'close' } })).text()).toBe('hello')
    await kit.revive()
    await driver.recover(handle, soon())
    expect(await driver.inspect(handle)).toEqual({ state: 'running' })
    expect(await kit.ask(handle)).toBe('hello')
    await expect.poll(() => textsOf(handle)).toEqual(['web: up'])
  })
})
