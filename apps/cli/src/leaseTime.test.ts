import { once } from 'node:events'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { evidenceHash, serveEvidence, serveStatus } from '@tender/network'
import { createMarketClient, getLease } from '@tender/sdk'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { marketDirectory } from './home/home.ts'
import { openTenantRecords } from './tenant/fileRecords.ts'
import { run, startTestMarket, type TestMarket } from './testCli.ts'
import { takeProvidersPlace } from './testProvider.ts'

const examples = fileURLToPath(new URL('../../../examples/hello', import.meta.url))

let place: TestMarket

beforeAll(async () => {
  place = await startTestMarket()
})
afterAll(() => place?.stop())

const tender = (...argv: string[]) => run(argv, { home: place.home })

async function rent(name: string, duration = '1h'): Promise<string> {
  const directory = join(place.home, 'projects', name)
  await mkdir(directory, { recursive: true })
  await cp(join(examples, 'hello.wasm'), join(directory, 'hello.wasm'))
  const compose = await readFile(join(examples, 'compose.yaml'), 'utf8')
  await writeFile(join(directory, 'compose.yaml'), compose.replace('duration: 1h', `duration: ${duration}`))
  const up = await tender('up', join(directory, 'compose.yaml'), '--auction', '60s', '--json')
  const [lease] = up.data().leases
  if (!lease) throw new Error(up.stderr)
  return lease.leaseId
}

async function endOf(leaseId: string): Promise<number> {
  const { rpcUrl, book } = place.market
  const { leases } = await openTenantRecords(marketDirectory(place.home, 'dev'))
  const { terms } = await leases.find(leaseId)
  return (await getLease(await createMarketClient({ rpcUrl, book }), { lease: terms })).end
}

test('an end is shown everywhere, and near it is warned of', async () => {
  const leaseId = await rent('soon')
  const listed = await tender('ps')
  expect(listed.stdout).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d \(in (1h|\d+m)/)
  expect(listed.stdout).toContain(`warning: soon (lease ${leaseId.slice(0, 10)}) ends`)
  expect((await tender('logs', leaseId)).stderr).toContain(`tender extend ${leaseId.slice(0, 10)} 2h`)
  expect((await tender('close', leaseId)).code).toBe(0)
  const over = await tender('exec', leaseId, '--', 'ls')
  expect(over).toMatchObject({ code: 7, stderr: expect.stringContaining('is over since') })
  expect(over.stderr).toContain('tender lease show')
})

test('a lease is prolonged now, at its own rate, as far as its offer reaches', async () => {
  const leaseId = await rent('longer')
  const before = await endOf(leaseId)
  const extended = await tender('extend', leaseId, '2h')
  expect(extended).toMatchObject({ code: 0, stdout: expect.stringContaining('longer ends') })
  expect(await endOf(leaseId)).toBe(before + 7200)
  const beyond = await tender('extend', leaseId, '50000h', '--json')
  expect(beyond.error()).toMatchObject({ code: 'beyondOffer', hint: expect.stringContaining('at most') })
  for (const wrong of [[], ['2h', '--stop'], ['--keep', '2h'], ['--keep', '1s', '--until', '9h', '--most', '1 USDC']]) {
    expect((await tender('extend', leaseId, ...wrong)).code, wrong.join(' ')).toBe(2)
  }
  expect((await tender('extend', leaseId, '--stop')).code).toBe(5)
  expect((await tender('close', leaseId)).code).toBe(0)
  expect((await tender('extend', leaseId, '2h')).code).toBe(7)
})

test('a lease extends itself by its provider, up to what was signed, and what can be taken back is said', async () => {
  const leaseId = await rent('itself')
  const before = await endOf(leaseId)
  const kept = await tender('extend', leaseId, '--keep', '2h', '--until', '6h', '--most', '1 USDC')
  expect(kept).toMatchObject({ code: 0, stdout: expect.stringContaining('given to its provider') })
  await expect.poll(() => endOf(leaseId), { timeout: 60_000 }).toBeGreaterThan(before + 3600)
  const shown = await tender('lease', 'show', leaseId)
  expect(shown.stdout).toContain('itself whenever less than 2h remain')
  const stopped = await tender('extend', leaseId, '--stop')
  expect(stopped.stdout).toContain('stays good until')
  expect(stopped.stdout).toContain('tender close')
  expect((await tender('extend', leaseId, '--stop')).code).toBe(5)
  expect((await tender('close', leaseId)).code).toBe(0)
})

test('lease show: what was agreed, what it cost, and why it ended', async () => {
  const leaseId = await rent('told')
  const running = await tender('lease', 'show', leaseId.slice(0, 12))
  expect(running.code).toBe(0)
  for (const words of [
    'running',
    '1 cu for 0.019 USDC/h in all, standard',
    'paid by time',
    'as ordered',
    'tender extend',
  ]) {
    expect(running.stdout).toContain(words)
  }
  expect((await tender('close', leaseId)).code).toBe(0)
  const ended = await tender('lease', 'show', leaseId)
  expect(ended.stdout).toContain('ended: closed by the tenant')
  const data = JSON.parse((await tender('lease', 'show', leaseId, '--json')).stdout)
  expect(data).toMatchObject({ leaseId, status: 'ended', reason: 'closed by the tenant', held: '0' })
  expect((await tender('lease', 'show', 'ffff')).code).toBe(5)
})

test('lease stats: what a module uses, by its provider, while it runs', async () => {
  const leaseId = await rent('busy')
  const shown = await tender('lease', 'stats', leaseId.slice(0, 12))
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/as provider \d measured it/) })
  expect(shown.stdout).toMatch(/in all +[\d.]+ of 1 +[\d.]+s +[\d.]+ [KM]?i?B of 64 MiB/)

  const stop = new AbortController()
  const looks: string[] = []
  const onStdout = (text: string) => looks.push(text) === 2 && stop.abort()
  const options = { home: place.home, signal: stop.signal, onStdout }
  await run(['lease', 'stats', leaseId, '--follow', '--json'], options)
  const [first, second] = looks.map((look) => JSON.parse(look))
  expect(first).toMatchObject({ leaseId, limits: { cpuMilli: 1_000 }, services: [{ service: 'hello' }] })
  expect(first.memoryBytes).toBeGreaterThan(0)
  expect(second.atMs).toBeGreaterThan(first.atMs)
  expect(second.cpuMs).toBeGreaterThanOrEqual(first.cpuMs)

  expect((await tender('close', leaseId)).code).toBe(0)
  expect((await tender('lease', 'stats', leaseId, '--json')).error()).toMatchObject({ code: 'leaseOver' })
})

test('lease show: evidence of an end is held against the chain, and a silent provider is said', async () => {
  const leaseId = await rent('evident')
  const { rpcUrl, book } = place.market
  const market = await createMarketClient({ rpcUrl, book })
  const { node, book: leases, lease } = await takeProvidersPlace({ home: place.home, market, leaseId })
  onTestFinished(() => node.stop())
  const evidence = {
    leaseId: lease.leaseId,
    reason: 'the workload crashed',
    endedAt: 1_800_000_000,
    exit: 'exited with code 1',
    logTail: ['out of luck'],
  }
  await serveEvidence(node, { ...leases, evidence: async () => evidence })
  await serveStatus(node, {
    ...leases,
    status: async () => ({ phase: 'failed', reason: 'the workload crashed', revision: 0, stop: 1_800_000_000 }),
  })
  expect((await tender('lease', 'show', leaseId)).stdout).toContain('does not run: the workload crashed')
  expect((await tender('close', leaseId)).code).toBe(0)
  const shown = await tender('lease', 'show', leaseId)
  expect(shown.stdout).toContain('exited with code 1')
  expect(shown.stdout).toContain("provider's word alone")
  expect(evidenceHash(evidence)).toMatch(/^0x[0-9a-f]{64}$/)
  expect(evidenceHash({ ...evidence, reason: 'other' })).not.toBe(evidenceHash(evidence))
})

test('lease show: what its provider committed to when it gave a lease up is what it says', async () => {
  const directory = join(place.home, 'projects', 'broken')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'hello.wasm'), Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
  await cp(join(examples, 'compose.yaml'), join(directory, 'compose.yaml'))
  const up = await tender('up', join(directory, 'compose.yaml'), '--auction', '60s', '--json')
  expect(up.error()).toMatchObject({ code: 'workloadFailed' })
  // CAST: the error's own data
  const { leaseId } = up.error().data as { leaseId: string }
  const show = async () => JSON.parse((await tender('lease', 'show', leaseId, '--json')).stdout)
  await expect.poll(show, { timeout: 60_000 }).toMatchObject({
    status: 'ended',
    reason: expect.stringContaining('it cannot run the manifest'),
    evidence: { verdict: 'matches', evidence: { leaseId } },
  })
  expect((await tender('lease', 'show', leaseId)).stdout).toContain('what the provider committed to on the chain')
})

test('watch tells each thing once, also by webhook, however often it is started', async () => {
  const leaseId = await rent('watched')
  const taken: { event: string; name: string; lease: string }[] = []
  let answer = 503
  const server = createServer(async (request, response) => {
    // CAST: what this test posts to itself
    const body = (await json(request)) as (typeof taken)[number]
    if (answer === 200) taken.push(body)
    response.writeHead(answer).end()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
  const secretFile = join(place.home, 'hook.secret')
  await writeFile(secretFile, 'short')
  const look = (...more: string[]) => tender('watch', '--once', '--webhook', url, ...more)
  expect((await look('--webhook-secret', secretFile)).code).toBe(2)

  const first = await look('--json')
  const told = first.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(told.filter(({ name }) => name === 'watched')).toMatchObject([{ event: 'endsInHour', lease: leaseId }])
  answer = 200
  expect((await look()).stdout).toBe('')
  expect(taken.filter(({ name }) => name === 'watched')).toMatchObject([{ event: 'endsInHour', lease: leaseId }])

  expect((await tender('close', leaseId)).code).toBe(0)
  const closed = await look()
  expect(closed.stdout).toMatch(/watched \(lease 0x\w+\) is over since .*: closed by the tenant/)
  expect((await look()).stdout).toBe('')
  expect(taken.filter(({ name }) => name === 'watched').map(({ event }) => event)).toEqual(['endsInHour', 'ended'])

  const controller = new AbortController()
  const watching = Promise.withResolvers<void>()
  const onStderr = (line: string) => line.includes('watching') && watching.resolve()
  const running = run(['watch', '--every', '1s'], { home: place.home, signal: controller.signal, onStderr })
  await watching.promise
  expect((await tender('watch', '--once', '--json')).error().code).toBe('watchRuns')
  controller.abort()
  expect((await running).code).toBe(130)
})
