import type { Handle, ServiceSpec, WorkloadSpec } from '@tender/driver'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestKit, DEADLINE_MS, noDocker, soon, type TestKit } from './testKit.ts'

let kit: TestKit
const sick = { command: ['false'], intervalMs: 300, timeoutMs: 20_000, retries: 1_000, startPeriodMs: 0 }

const containersOf = async ({ leaseId }: WorkloadSpec) => {
  const list = await kit.engine.listContainers({ all: true, filters: { label: [`tender.lease=${leaseId}`] } })
  return list.map(({ Names, State }) => `${Names[0]?.split('-').slice(2, 4).join('-')} ${State}`).sort()
}
/** What a service's neighbour gets from its name. */
const askWithin = async (handle: Handle, name: string) => {
  const command = ['wget', '-q', '-O', '-', `http://${name}:8080/`]
  const session = await kit.driver.exec(handle, { service: 'neighbour', replica: 0, command }, soon())
  session.stdin.end()
  return (await Array.fromAsync(session.stdout)).join('')
}

describe.skipIf(noDocker)('an update', { timeout: 2 * DEADLINE_MS }, () => {
  beforeAll(async () => {
    kit = await createTestKit()
  })
  afterAll(() => kit.close())

  test('moves the name once the new one is well, and not before', async () => {
    const { web, script, spec, driver, start } = kit
    const neighbour = script('sleep 1000', { name: 'neighbour' })
    const app = spec([web('printf old > $PAGE'), neighbour])
    const handle = await start(app)
    expect(await askWithin(handle, 'web')).toBe('old')
    const slow = {
      command: ['test', '-f', '/tmp/well'],
      intervalMs: 200,
      timeoutMs: 20_000,
      retries: 1_000,
      startPeriodMs: 0,
    }
    const next = { ...app, services: [web('printf new > $PAGE', { healthcheck: slow }), neighbour] }
    const updating = driver.update(handle, next, soon())
    await expect.poll(() => containersOf(app)).toEqual(['neighbour-0 running', 'web-0 running', 'web-0 running'])
    for (let times = 0; times < 5; times++) expect(await askWithin(handle, 'web')).toBe('old')
    const fresh = (await kit.engine.listContainers({ filters: { label: ['tender.revision=2'] } }))[0]?.Id ?? ''
    const exec = await kit.engine.getContainer(fresh).exec({ Cmd: ['touch', '/tmp/well'] })
    await exec.start({})
    const updated = await updating
    expect(await askWithin(updated, 'web')).toBe('new')
    expect(await containersOf(app)).toEqual(['neighbour-0 running', 'web-0 running'])
  })

  test('leaves no trace when it is aborted in the middle', async () => {
    const { web, spec, driver, start } = kit
    const volumes = [{ volume: 'data', path: '/data', readOnly: false }]
    const db = web('printf old > $PAGE', { name: 'db', volumes })
    const app = spec([web('printf old > $PAGE'), db], { volumes: [{ name: 'data', sizeBytes: 2 ** 24 }] })
    const handle = await start(app)
    const before = await containersOf(app)
    const changed = (service: ServiceSpec): ServiceSpec => ({ ...service, environment: { A: 'b' }, healthcheck: sick })
    const later = new AbortController()
    const reason = new Error('enough')
    const updating = driver.update(handle, { ...app, services: app.services.map(changed) }, later.signal)
    const rejected = expect(updating).rejects.toBe(reason)
    // Beside the old one of the one, and in place of the old one of the other.
    await expect
      .poll(() => containersOf(app))
      .toEqual(['db-0 exited', 'db-0 running', 'web-0 running', 'web-0 running'])
    expect(await driver.inspect(handle)).toEqual({ state: 'running' })
    later.abort(reason)
    await rejected
    expect(await containersOf(app)).toEqual(before)
    await expect.poll(() => kit.ask(handle, 'db').catch(String)).toBe('old')
    expect(await driver.inspect(handle)).toEqual({ state: 'running' })
  })

  test('takes services and replicas away, and brings new ones, with what they wait for', async () => {
    const { web, script, spec, driver, start } = kit
    const neighbour = script('sleep 1000', { name: 'neighbour' })
    const app = spec([web('printf web > $PAGE', { replicas: 2 }), neighbour, script('sleep 1000', { name: 'old' })])
    const handle = await start(app)
    const healthcheck = { ...sick, command: ['test', '-f', '/tmp/index.html'] }
    const db = web('printf db > $PAGE', { name: 'db', healthcheck })
    const job = script('wget -q -O - http://db:8080/', { name: 'job', dependsOn: { db: 'healthy' } })
    const services = [job, web('printf web > $PAGE', { replicas: 1 }), neighbour, db]
    const updated = await driver.update(handle, { ...app, services }, soon())
    expect(await containersOf(app)).toEqual(['db-0 running', 'job-0 exited', 'neighbour-0 running', 'web-0 running'])
    expect(await askWithin(updated, 'db')).toBe('db')
    expect((await driver.endpoints(updated)).length).toBe(1)
    const broken = { ...app, services: [...services, script('exit 1', { name: 'broken' })] }
    const failure = await driver.update(updated, broken, soon()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'updateFailed', data: { reason: expect.stringContaining('broken') } })
    expect((await containersOf(app)).length).toBe(4)
  })

  test('counts on', async () => {
    const { script, spec, driver, start } = kit
    const app = spec([script('while :; do :; done')])
    const handle = await start(app)
    await expect.poll(async () => (await driver.usage(handle)).cpuMs).toBeGreaterThan(50)
    const before = (await driver.usage(handle)).cpuMs
    const updated = await driver.update(handle, { ...app, services: [script('sleep 1000')] }, soon())
    expect((await driver.usage(updated)).cpuMs).toBeGreaterThanOrEqual(before)
    await driver.stop(updated, { graceMs: 0 })
    await expect(driver.update(updated, app, soon())).rejects.toMatchObject({ code: 'updateFailed' })
  })
})
