import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { marketDirectory } from './home/home.ts'
import { openTenantRecords } from './tenant/fileRecords.ts'
import { type CliResult, run, startTestMarket, type TestMarket } from './testCli.ts'

const examples = fileURLToPath(new URL('../../../examples', import.meta.url))

let place: TestMarket

beforeAll(async () => {
  place = await startTestMarket()
})
afterAll(() => place?.stop())

const tender = (...argv: string[]) => run(argv, { home: place.home })

/** A project's Compose file, as `change` makes it from the example's. */
async function project(name: string, change: (compose: string) => string = (compose) => compose): Promise<string> {
  const directory = join(place.home, 'projects', name)
  await mkdir(directory, { recursive: true })
  await cp(join(examples, 'hello', 'hello.wasm'), join(directory, 'hello.wasm'))
  const file = join(directory, 'compose.yaml')
  await writeFile(file, change(await readFile(join(examples, 'hello', 'compose.yaml'), 'utf8')))
  return file
}

const withVariable = (value: string) => (compose: string) =>
  compose.replace('    deploy:', `    environment: { COLOUR: ${value} }\n    deploy:`)

function leasesOf(up: CliResult): string[] {
  if (up.code !== 0) throw new Error(up.stderr)
  return up.data().leases.map(({ leaseId }) => leaseId)
}

async function recordOf(leaseId: string) {
  const { leases } = await openTenantRecords(marketDirectory(place.home, 'dev'))
  return leases.find(leaseId)
}

test('a changed file is a new version under the same lease', async () => {
  const file = await project('blue')
  const [leaseId = ''] = leasesOf(await tender('up', file, '--auction', '60s', '--json'))
  await project('blue', withVariable('green'))
  const shown = await tender('up', file)
  expect(shown.code).toBe(0)
  expect(shown.stderr).toContain('is updated where it runs')
  expect(shown.stderr).toContain('hello: environment COLOUR changed')
  expect(shown.stderr).toContain('traffic moved: version 1 runs')
  expect(shown.stderr).not.toContain('green')
  expect(shown.stdout).toContain('blue runs, version 1')
  expect(await recordOf(leaseId)).toMatchObject({ revision: 1, manifest: { services: [{ env: { COLOUR: 'green' } }] } })

  const again = (await tender('up', file, '--json')).data()
  expect(again).toMatchObject({ action: 'resumed', httpStatus: 200, leases: [{ leaseId, revision: 1 }] })
  expect((await tender('up', file, '--update', '--json')).data()).toMatchObject({
    action: 'updated',
    leases: [{ leaseId, revision: 2 }],
  })
  expect((await tender('close', leaseId)).code).toBe(0)
})

test('a version that cannot run is told with its reason, and the old one runs on', async () => {
  const file = await project('sturdy')
  const up = await tender('up', file, '--auction', '60s', '--json')
  const [leaseId = ''] = leasesOf(up)
  // A module by its first bytes only.
  await writeFile(join(place.home, 'projects', 'sturdy', 'hello.wasm'), Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
  const failed = await tender('up', file, '--json')
  expect(failed.code).toBe(12)
  expect(failed.error()).toMatchObject({ code: 'updateFailed', hint: expect.stringContaining('runs on') })
  expect(await recordOf(leaseId)).not.toHaveProperty('pending')

  await project('sturdy')
  await expect
    .poll(async () => (await tender('up', file, '--json')).data(), { timeout: 30_000 })
    .toMatchObject({ action: 'resumed', httpStatus: 200, leases: [{ leaseId, revision: 0 }] })
  expect((await tender('close', leaseId)).code).toBe(0)
})

test('killed in the middle of an update: the next run goes on with it', async () => {
  const file = await project('cut')
  const [leaseId = ''] = leasesOf(await tender('up', file, '--auction', '60s', '--json'))
  await project('cut', withVariable('red'))
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const killed = spawn(process.execPath, [main, 'up', file, '--home', place.home])
  killed.stderr.on('data', (data: Buffer) => String(data).includes('sending version') && killed.kill('SIGKILL'))
  expect(await once(killed, 'exit')).toEqual([null, 'SIGKILL'])
  expect(await recordOf(leaseId)).toMatchObject({ pending: { revision: 1 } })

  const resumed = await tender('up', file, '--json')
  expect(resumed.data()).toMatchObject({ action: 'updated', leases: [{ leaseId, revision: 1 }] })
  expect(await recordOf(leaseId)).not.toHaveProperty('pending')
  expect((await tender('close', leaseId)).code).toBe(0)
})

test('other units and another price are another lease, which replaces the old one', async () => {
  const file = await project('grown')
  const [old = ''] = leasesOf(await tender('up', file, '--auction', '60s', '--json'))
  await project('grown', (compose) => compose.replace('cpus: "1"', 'cpus: "2"').replace('0.05 USDC/h', '0.06 USDC/h'))
  const shown = await tender('up', file, '--auction', '60s', '--handover', '1h', '--json')
  const [lease = ''] = leasesOf(shown)
  expect(shown.data()).toMatchObject({ action: 'replaced', httpStatus: 200 })
  expect(lease).not.toBe(old)

  const listed = (await tender('ps', '--json')).data().leases.filter(({ name }) => name === 'grown')
  expect(listed).toMatchObject([
    { leaseId: old, status: 'ending', reason: 'replaced by another lease' },
    { leaseId: lease, status: 'running' },
  ])
  const plain = await tender('up', file, '--json')
  expect(plain.data()).toMatchObject({ action: 'resumed', leases: [{ leaseId: lease }] })
  for (const id of [lease]) expect((await tender('close', id)).code).toBe(0)
})

test('more replicas are ordered, fewer are closed', async () => {
  const replicas = (count: number) => (compose: string) =>
    compose.replace('  duration: 1h', `  duration: 1h\n  replicas: ${count}`)
  const file = await project('many', replicas(1))
  const [first = ''] = leasesOf(await tender('up', file, '--auction', '60s', '--json'))
  await project('many', replicas(3))
  const more = leasesOf(await tender('up', file, '--auction', '60s', '--json'))
  expect(more).toHaveLength(3)
  expect(more).toContain(first)

  await project('many', (compose) => withVariable('red')(replicas(2)(compose)))
  const fewer = await tender('up', file, '--json')
  expect(fewer.data().leases.map(({ revision }) => revision)).toEqual([1, 1])
  const left = (await tender('ps', '--json'))
    .data()
    .leases.filter(({ name, status }) => name === 'many' && status === 'running')
  expect(left.map(({ leaseId }) => leaseId).sort()).toEqual(leasesOf(fewer).sort())
  for (const id of leasesOf(fewer)) expect((await tender('close', id)).code).toBe(0)
})
