import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeTestImage } from './testImages.ts'
import { createTestKit, DEADLINE_MS, noDocker, soon, type TestKit } from './testKit.ts'

let kit: TestKit
const well = { intervalMs: 200, timeoutMs: 10_000, retries: 50, startPeriodMs: 0 }
const sick = { command: ['sh', '-c', 'echo no table; exit 1'], ...well, retries: 2 }

const logOf = async (handle: Parameters<TestKit['driver']['logs']>[0]) =>
  (await Array.fromAsync(kit.driver.logs(handle, {}, soon()))).map(({ service, text }) => `${service}: ${text}`)

describe.skipIf(noDocker)('a whole Compose file', { timeout: DEADLINE_MS }, () => {
  beforeAll(async () => {
    kit = await createTestKit()
  })
  afterAll(() => kit.close())

  test('services find each other by name, and start in the order of what they wait for', async () => {
    const { script, web, spec, driver, start } = kit
    const migrate = script('wget -q -O - http://db:8080/ && echo migrated', {
      name: 'migrate',
      dependsOn: { db: 'healthy' },
    })
    const db = web('sleep 1; echo rows > $PAGE', {
      name: 'db',
      healthcheck: { command: ['test', '-f', '/tmp/index.html'], ...well },
    })
    const api = script('wget -q -O - http://db:8080/; sleep 1000', {
      name: 'api',
      dependsOn: { migrate: 'completed', db: 'started' },
    })
    const handle = await start(spec([api, migrate, db]))
    await expect.poll(() => logOf(handle)).toContain('api: rows')
    expect(await logOf(handle)).toEqual(['migrate: rows', 'migrate: migrated', 'api: rows'])
    expect(await driver.inspect(handle)).toEqual({ state: 'running' })
    await driver.stop(handle, { graceMs: 100 })
    expect(await kit.running()).toEqual([])
  })

  test('a name leads to every replica, and endpoints to each that is well', async () => {
    const { web, spec, driver, start } = kit
    const handle = await start(spec([web('hostname > $PAGE', { replicas: 3 })]))
    const endpoints = await driver.endpoints(handle)
    expect(new Set(endpoints.map(({ host }) => host)).size).toBe(3)
    const session = await driver.exec(handle, { service: 'web', replica: 2, command: ['nslookup', 'web'] }, soon())
    session.stdin.end()
    const answer = (await Array.fromAsync(session.stdout)).join('')
    for (const { host } of endpoints) expect(answer).toContain(host)
    await driver.destroy(handle)
  })

  test('checks health no oftener than the host can, also where the image asks for it', async () => {
    const { script, spec, start, engine } = kit
    const hasty = { Test: ['CMD', 'true'], Interval: 1_000_000, StartInterval: 1_000_000 }
    const path = await writeTestImage(kit.folder, 'hasty', { config: { Healthcheck: hasty } })
    const image = { kind: 'file', path } as const
    const healthcheck = { ...well, command: ['true'], intervalMs: 0 }
    const handle = await start(
      spec([
        script('sleep 1000', { name: 'its-own', image }),
        script('sleep 1000', { name: 'asked', image, healthcheck }),
        script('sleep 1000', { name: 'none', image, healthcheck: 'none' }),
      ]),
    )
    const checks = await Promise.all(
      (await kit.running({ ...spec([]), leaseId: handle.leaseId })).map(
        async (name) => (await engine.getContainer(name.slice(1)).inspect()).Config.Healthcheck,
      ),
    )
    const intervals = checks.map((check) => (check?.Test?.[0] === 'NONE' ? 0 : check?.Interval)).toSorted()
    expect(intervals).toEqual([0, 660_000_000, 660_000_000])
    expect(checks.flatMap((check) => check?.Test ?? []).filter((word) => word === 'true')).toHaveLength(2)
    await kit.driver.destroy(handle)
  })

  test('takes no more secrets than fit into the memory of the host', async () => {
    const secrets = [{ path: '/run/secrets/key', mode: 0o400, content: new Uint8Array(5 * 2 ** 20) }]
    const start = kit.driver.start(kit.spec([kit.script('true', { secrets })]), soon())
    await expect(start).rejects.toMatchObject({ code: 'unsupportedWorkload' })
  })

  test('says what it waits for, and ends when that can never be', async () => {
    const { script, web, spec, driver } = kit
    const db = web('printf rows > $PAGE', { name: 'db', healthcheck: { ...sick, retries: 20 } })
    const app = spec([db, script('echo never', { name: 'api', dependsOn: { db: 'healthy' } })])
    const starting = driver.start(app, soon())
    const inspect = async () => {
      const handle = await driver.find(app.leaseId)
      return handle && driver.inspect(handle)
    }
    await expect.poll(inspect).toMatchObject({ waitingFor: 'db is not healthy yet: no table' })
    const handle = await starting
    const result = await driver.wait(handle, soon())
    expect(result.reason).toEqual({ kind: 'crashed', detail: 'db is not healthy: no table' })
    expect(await logOf(handle)).toEqual([])
    expect(await kit.running(app)).toEqual([])
  })

  test('ends with the first failure, once everything has ended', async () => {
    const { script, spec, driver, start } = kit
    const files = [
      script('exit 0', { name: 'a' }),
      script('exit 7', { name: 'b' }),
      script('sleep 15; exit 9', { name: 'c' }),
    ]
    const handle = await start(spec(files))
    expect((await driver.wait(handle, soon())).reason).toEqual({ kind: 'exited', code: 7 })
    const chained = spec([
      script('exit 5', { name: 'a' }),
      script('true', { name: 'b', dependsOn: { a: 'completed' } }),
    ])
    expect((await driver.wait(await start(chained), soon())).reason).toEqual({ kind: 'exited', code: 5 })
    const circle = [
      script('true', { name: 'a', dependsOn: { b: 'started' } }),
      script('true', { name: 'b', dependsOn: { a: 'started' } }),
    ]
    await expect(driver.start(spec(circle), soon())).rejects.toMatchObject({ code: 'unsupportedWorkload' })
  })

  test('is not well while a part has ended', async () => {
    const { script, web, spec, driver, start } = kit
    const handle = await start(spec([web('printf hello > $PAGE'), script('exit 4', { name: 'job' })]))
    await expect.poll(() => driver.inspect(handle)).toEqual({ state: 'running', waitingFor: 'job has ended: code 4' })
    await driver.destroy(handle)
  })

  test('starts again what is to be, and never counts back', async () => {
    const { script, spec, driver, start } = kit
    const twice = { when: 'failed', maxRetries: 2 } as const
    const handle = await start(spec([script('echo run; exit 3', { restart: twice })]))
    expect((await driver.wait(handle, soon())).reason).toEqual({ kind: 'exited', code: 3 })
    expect(await logOf(handle)).toEqual(['job: run', 'job: run', 'job: run'])
  })

  test('gives its settings to each service', async () => {
    const { script, spec, driver, start } = kit
    const secret = { path: '/run/secrets/key', mode: 0o400, content: Buffer.from('s3cret') }
    const file = { path: '/etc/app.conf', mode: 0o444, content: Buffer.from('conf') }
    const show =
      'id -u; id -g; pwd; echo $GREETING $TENDER_LEASE; cat /etc/app.conf; echo; cat /run/secrets/key; echo; echo "$0"'
    const more = {
      args: [show],
      entrypoint: ['sh', '-c'],
      user: 'web',
      workingDirectory: '/www',
      environment: { GREETING: 'hi' },
      files: [file],
      secrets: [secret],
    }
    const app = spec([script('', more)])
    const handle = await start(app)
    await driver.wait(handle, soon())
    expect((await logOf(handle)).map((line) => line.slice(5))).toEqual([
      '1000',
      '1000',
      '/www',
      `hi ${app.leaseId}`,
      'conf',
      's3cret',
      'sh',
    ])
    const container = (await kit.engine.listContainers({ all: true })).find(({ Names }) =>
      Names[0]?.includes(app.leaseId.slice(2)),
    )
    const seen = await kit.engine.getContainer(container?.Id ?? '').inspect()
    expect(JSON.stringify(seen)).not.toContain('s3cret')
  })

  test('stops by its own signal and in its own time, dependants first', async () => {
    const { script, spec, driver, start } = kit
    const last = (signal: string) => `trap 'echo stopped; exit 0' ${signal}; echo ready; while :; do sleep 0.1; done`
    const db = script(last('TERM'), { name: 'db', stopGraceMs: 20_000 })
    const api = script(last('INT'), {
      name: 'api',
      stopSignal: 'SIGINT',
      stopGraceMs: 20_000,
      dependsOn: { db: 'started' },
    })
    const handle = await start(spec([db, api]))
    await expect.poll(async () => (await logOf(handle)).toSorted()).toEqual(['api: ready', 'db: ready'])
    await driver.stop(handle, { graceMs: 0 })
    expect((await logOf(handle)).slice(2)).toEqual(['api: stopped', 'db: stopped'])
    expect(await driver.inspect(handle)).toMatchObject({ result: { reason: { kind: 'stopped' } } })
  })

  test('ends a command that runs too long', async () => {
    const { script, spec, driver, start } = kit
    const app = spec([script('sleep 1000')], {}, { runMs: 1_000 })
    const handle = await start(app)
    expect((await driver.wait(handle, soon())).reason).toMatchObject({ kind: 'killed', by: 'time' })
    expect(await kit.running(app)).toEqual([])
  })

  test('what is not there cannot be run', async () => {
    const { script, spec, driver, start } = kit
    const missing = await start(spec([script('', { args: ['/no/such/program'] })]))
    // The init process that every container has says so.
    expect((await driver.wait(missing, soon())).reason).toEqual({ kind: 'exited', code: 127 })
    expect((await logOf(missing)).join()).toContain('/no/such/program')
    const elsewhere = await writeTestImage(kit.folder, 'elsewhere', { architecture: 'riscv64' })
    const foreign = await start(spec([script('', { image: { kind: 'file', path: elsewhere } })]))
    expect((await driver.wait(foreign, soon())).reason).toMatchObject({
      kind: 'invalid',
      detail: expect.stringContaining('riscv64'),
    })
    const gone = script('', { image: { kind: 'file', path: join(kit.folder, 'gone.tar') } })
    await expect(driver.start(spec([gone]), soon())).rejects.toMatchObject({ code: 'startFailed' })
  })
})
