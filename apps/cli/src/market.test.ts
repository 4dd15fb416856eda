import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { askStatus } from '@tender/network'
import { deposit, owed } from '@tender/protocol'
import { createMarketClient } from '@tender/sdk'
import { chooseBids, openLeases } from '@tender/tenant'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenantKey } from './embedded/cast.ts'
import { writeMarketProfile } from './home/marketProfile.ts'
import { withAgent } from './tenant/agents.ts'
import { openTenantRecords } from './tenant/fileRecords.ts'
import { type CliResult, run, startTestMarket, type TestMarket } from './testCli.ts'

const examples = fileURLToPath(new URL('../../../examples/hello', import.meta.url))

let place: TestMarket

beforeAll(async () => {
  place = await startTestMarket()
})
afterAll(() => place?.stop())

const tender = (...argv: string[]) => run(argv, { home: place.home })

/** A project of its own, so that tests do not find each other's orders. */
async function project(name: string, change: (compose: string) => string = (compose) => compose): Promise<string> {
  const directory = join(place.home, 'projects', name)
  await mkdir(directory, { recursive: true })
  await cp(join(examples, 'hello.wasm'), join(directory, 'hello.wasm'))
  const file = join(directory, 'compose.yaml')
  await writeFile(file, change(await readFile(join(examples, 'compose.yaml'), 'utf8')))
  return file
}

async function depositedUnits(): Promise<bigint> {
  const [balance] = (await tender('balance', '--json')).data().balances
  return BigInt(balance?.deposited ?? -1)
}

function firstLease(up: CliResult): string {
  const [lease] = up.data().leases
  if (!lease) throw new Error(`no lease was opened: ${up.stderr}`)
  return lease.leaseId
}

test('a workload is rented, looked at and closed, and every unit is accounted for', async () => {
  const file = await project('story')
  const before = await depositedUnits()
  const up = await tender('up', file, '--auction', '60s', '--json')
  expect(up).toMatchObject({ code: 0, stderr: '' })
  const { leases, url, httpStatus, order } = up.data()
  const leaseId = firstLease(up)
  expect({ leases, httpStatus }).toMatchObject({ leases: [{ provider: '3', rate: '19000' }], httpStatus: 200 })

  const ps = await tender('ps')
  expect(ps.stdout).toContain(leaseId.slice(0, 10))
  expect(ps.stdout).toMatch(/story.*0\.019 USDC\/h.*running/)
  expect(ps.stdout).toContain(url)

  const bids = (await tender('bids', order.slice(0, 12), '--json')).data().bids
  expect(bids).toMatchObject([
    { rank: 1, provider: '3', price: '19000', level: 5, country: 'CA', won: true },
    { rank: 2, provider: '2', won: false },
    { rank: 3, provider: '1', won: false },
  ])
  expect((await tender('order', 'why', order)).stdout.match(/provider \d bid/g)).toHaveLength(3)
  expect(await tender('logs', leaseId)).toMatchObject({ code: 0 })

  const closed = (await tender('close', leaseId.slice(2, 9), '--json')).data()
  expect(closed).toMatchObject({ leaseId, name: 'story', resolved: true, held: '0' })
  expect(BigInt(closed.paid)).toBe(owed(19_000n, closed.seconds))
  expect(BigInt(closed.paid) + BigInt(closed.refunded)).toBe(deposit(19_000n, 3600))
  expect(await depositedUnits()).toBe(before - BigInt(closed.paid))

  const again = await tender('close', leaseId)
  expect(again.stdout).toContain('refunded')
  expect((await tender('ps', '--json')).data().leases).toEqual([])
  const all = (await tender('ps', '--all', '--json')).data().leases
  expect(all).toMatchObject([{ leaseId, status: 'ended', reason: 'closed by the tenant', held: '0' }])
})

test('what runs already is not ordered again', async () => {
  const file = await project('twice')
  const up = await tender('up', file, '--auction', '60s', '--json')
  const first = up.data()
  const leaseId = firstLease(up)
  const second = (await tender('up', file, '--json')).data()
  expect(second).toMatchObject({ resumed: true, order: first.order, url: first.url, httpStatus: 200 })

  expect((await tender('close', leaseId)).code).toBe(0)
})

test('an agent whose key leaked is refused once the account names another, and nothing else changes', async () => {
  const file = await project('rekeyed')
  const up = await tender('up', file, '--auction', '60s', '--json')
  const { orders, leases } = await openTenantRecords(join(place.home, 'markets', 'dev'))
  const { leaseId, provider, terms } = await leases.find(firstLease(up))
  const leaked = (await orders.get(terms.order))?.order.agent
  if (!leaked) throw new Error('the order is not recorded')
  const { rpcUrl, book } = place.market
  const thief = { home: place.home, market: await createMarketClient({ rpcUrl, book }), bootstrap: [] }
  const steal = () =>
    withAgent(thief, leaked, (node) => askStatus(node, provider, { lease: leaseId }, AbortSignal.timeout(20_000)))
  expect(await steal()).toMatchObject({ phase: 'ready' })

  const named = JSON.parse((await tender('lease', 'agent', leaseId.slice(0, 12), '--json')).stdout)
  expect(named).toMatchObject({ leases: [{ leaseId, name: 'rekeyed' }] })
  expect(named.agent).not.toBe(leaked)
  await expect(steal()).rejects.toMatchObject({ code: 'notAgent' })
  expect((await tender('ps', '--json')).data().leases).toMatchObject([{ leaseId, status: 'running' }])
  expect((await tender('logs', leaseId)).code).toBe(0)
  const again = await tender('up', file, '--json')
  expect(again.data()).toMatchObject({ resumed: true, leases: [{ leaseId }], httpStatus: 200 })

  expect((await tender('close', leaseId)).code).toBe(0)
  expect((await tender('lease', 'agent', leaseId, '--json')).error().code).toBe('leaseOver')
  expect((await tender('lease', 'agent', '--json')).error().code).toBe('noLeases')
})

test('an order whose match nobody could write down is found on the chain', async () => {
  const file = await project('forgotten')
  const up = await tender('up', file, '--auction', '60s', '--json')
  const { order } = up.data()
  const leaseId = firstLease(up)
  const directory = join(place.home, 'markets', 'dev')
  const recordFile = join(directory, 'orders', `${order}.json`)
  const record = JSON.parse(await readFile(recordFile, 'utf8'))
  await writeFile(recordFile, JSON.stringify({ ...record, leases: [] }))
  await rm(join(directory, 'leases', `${leaseId}.json`))

  const again = (await tender('up', file, '--json')).data()
  expect(again).toMatchObject({ resumed: true, order, leases: [{ leaseId }], httpStatus: 200 })
  expect((await tender('close', leaseId)).code).toBe(0)
})

test('an order that another process matched meanwhile keeps its leases', async () => {
  const up = await tender('up', await project('overtaken'), '--auction', '60s', '--json')
  const leaseId = firstLease(up)
  const records = await openTenantRecords(join(place.home, 'markets', 'dev'))
  const record = await records.orders.get(up.data().order)
  if (!record) throw new Error('the order is not recorded')
  const { rpcUrl, book } = place.market
  const market = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(tenantKey) })
  const choice = await chooseBids({ market }, record, record.order.auctionEnd)
  const before = { ...record, leases: [], matching: false }
  expect(await openLeases({ market, records }, before, choice)).toMatchObject([{ leaseId }])
  expect(await records.orders.get(record.id)).toMatchObject({ leases: [leaseId], matching: true })
  expect((await tender('close', leaseId)).code).toBe(0)
})

test('two at once order once', async () => {
  const file = await project('hurried')
  const ups = await Promise.all([1, 2].map(() => tender('up', file, '--auction', '60s', '--json')))
  const [done, refused] = ups.toSorted((a, b) => a.code - b.code)
  expect(refused?.error()).toMatchObject({ code: 'upRuns', class: 'conflict' })
  const leases = (await tender('ps', '--json')).data().leases
  expect(leases.filter(({ name }) => name === 'hurried')).toHaveLength(1)
  expect((await tender('close', done ? firstLease(done) : '')).code).toBe(0)
})

test('a lease is closed by its whole id, although no record of it is left', async () => {
  const leaseId = firstLease(await tender('up', await project('lost'), '--auction', '60s', '--json'))
  await rm(join(place.home, 'markets', 'dev', 'leases', `${leaseId}.json`))
  expect((await tender('close', leaseId.slice(0, 12))).code).toBe(5)
  expect((await tender('close', leaseId, '--json')).data()).toMatchObject({ leaseId, resolved: true, held: '0' })
  expect((await tender('close', `0x${'ff'.repeat(32)}`)).code).toBe(5)
})

test("a lease is listed and closed, although its agent's key is lost", async () => {
  const leaseId = firstLease(await tender('up', await project('keyless'), '--auction', '60s', '--json'))
  const { orders, leases } = await openTenantRecords(join(place.home, 'markets', 'dev'))
  const order = await orders.get((await leases.find(leaseId)).terms.order)
  const key = join(place.home, 'agents', `${order?.order.agent.toLowerCase()}.key`)
  await rm(key)
  const listed = (await tender('ps', '--json')).data().leases
  expect(listed).toMatchObject([{ leaseId, status: 'silent', reason: expect.stringContaining('not on this machine') }])
  expect((await tender('logs', leaseId)).stderr).toContain(`Copy it to ${key}`)
  expect((await tender('close', leaseId)).code).toBe(0)
})

test('Ctrl-C while bids come in costs nothing', async () => {
  const file = await project('interrupted')
  const before = await depositedUnits()
  const controller = new AbortController()
  const interrupted = await run(['up', file, '--auction', '20s'], {
    home: place.home,
    signal: controller.signal,
    onStderr: (text) => text.includes('signed') && controller.abort(),
  })
  expect(interrupted.code).toBe(130)
  expect(interrupted.stderr).toContain('interrupted')
  expect(await depositedUnits()).toBe(before)
  expect((await tender('ps', '--json')).data().leases).toEqual([])
})

test('Ctrl-C at the match: the next run goes on with the same order', async () => {
  const file = await project('cut')
  const controller = new AbortController()
  const cut = await run(['up', file, '--auction', '60s'], {
    home: place.home,
    signal: controller.signal,
    onStderr: (text) => text.includes('winner') && controller.abort(),
  })
  expect(cut.code).toBe(130)
  const { order, answers } = (await tender('order', 'why', '--json')).data()
  expect(answers).toHaveLength(3)
  const resumed = await tender('up', file, '--json')
  expect(resumed.data()).toMatchObject({ resumed: true, order, httpStatus: 200 })
  expect(resumed.data().leases).toHaveLength(1)
  expect((await tender('close', firstLease(resumed))).code).toBe(0)
})

test('killed when its lease had just been opened: the next run delivers it', async () => {
  const file = await project('killed')
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const killed = spawn(process.execPath, [main, 'up', file, '--auction', '60s', '--home', place.home])
  killed.stderr.on('data', (data: Buffer) => String(data).includes(' opened: ') && killed.kill('SIGKILL'))
  expect(await once(killed, 'exit')).toEqual([null, 'SIGKILL'])
  const [lease, ...others] = (await tender('ps', '--json')).data().leases
  expect({ name: lease?.name, others }).toEqual({ name: 'killed', others: [] })

  const resumed = await tender('up', file, '--json')
  expect(resumed.data()).toMatchObject({ resumed: true, leases: [{ leaseId: lease?.leaseId }], httpStatus: 200 })
  expect((await tender('close', firstLease(resumed))).code).toBe(0)
})

test('nobody bids: each provider says why', async () => {
  const file = await project('cheap')
  const up = await tender('up', file, '--max-price', '0.001 USDC/h', '--auction', '60s')
  expect(up.code).toBe(4)
  for (const provider of [1, 2, 3]) expect(up.stderr).toMatch(new RegExp(`provider ${provider}: .*price`))
  expect(up.stderr).toContain('hint: Raise max-price')
  const why = await tender('order', 'why')
  expect(why.stdout.match(/declined/g)).toHaveLength(3)
})

test('too little balance: how much is missing, and how to deposit it', async () => {
  const file = await project('dear')
  const up = await tender('up', file, '--max-price', '1 USDC/h', '--duration', '1000h')
  expect(up.code).toBe(3)
  const [, missing = ''] = /tender deposit "([^"]+)"/.exec(up.stderr) ?? []
  expect(up.stderr).toContain(`${missing} are missing`)

  const before = await depositedUnits()
  expect(await tender('deposit', '10', 'USDC')).toMatchObject({ code: 0, stderr: '' })
  expect(await tender('withdraw', '10 USDC')).toMatchObject({ code: 0, stderr: '' })
  expect(await depositedUnits()).toBe(before)
  expect((await tender('deposit', missing)).stderr).toContain('the wallet')
  expect((await tender('withdraw', '100000 USDC')).code).toBe(3)
})

test('amounts and prices that say too little or too much', async () => {
  const file = await project('wrong')
  const noUnit = await tender('up', file, '--max-price', '0.02')
  expect(noUnit).toMatchObject({ code: 2 })
  expect(noUnit.stderr).toContain('USDC/h')
  const unknown = await tender('up', file, '--max-price', '0.02 EURX/h', '--json')
  expect(unknown).toMatchObject({ code: 2, stdout: '' })
  expect(unknown.error()).toMatchObject({ code: 'unknownAsset', class: 'user', data: { known: ['USDC'] } })
  expect((await tender('deposit', '5')).code).toBe(2)
  expect((await tender('deposit', '5 EURX')).stderr).toContain('It takes USDC')
  expect((await tender('withdraw', '5 USDC', '--to', '0x12')).code).toBe(2)
})

test('times that no order has, and a directory where a file belongs', async () => {
  const file = await project('times')
  for (const [option, written] of [
    ['--auction', '30d'],
    ['--duration', '0s'],
  ] as const) {
    const up = await tender('up', file, option, written, '--json')
    expect(up.error(), written).toMatchObject({ code: 'invalidInput', class: 'user' })
  }
  const never = await tender('up', await project('never', (compose) => compose.replace('duration: 1h', 'duration: 0s')))
  expect(never).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('x-tender.duration: must be a second or more'),
  })
  const directory = await tender('up', join(place.home, 'projects', 'times'))
  expect(directory).toMatchObject({ code: 2, stderr: expect.stringContaining('is a directory') })
  const ports = await tender('dev', '--port', '65530')
  expect(ports).toMatchObject({ code: 2, stderr: expect.stringContaining('Choose one up to 65522') })
})

test('a Compose file that is wrong: file, line and key', async () => {
  const file = await project('malformed', (compose) => compose.replace('platform:', 'plattform:'))
  const up = await tender('up', file)
  expect(up.code).toBe(2)
  expect(up.stderr).toContain(`${file}:5`)
  expect(up.stderr).toContain('services.hello.plattform')
  expect((await tender('up', join(place.home, 'nowhere.yaml'))).code).toBe(5)
})

test('a workload that does not run: why, and what is still paid for', async () => {
  const file = await project('broken')
  // A module that is valid and does nothing: it has no entry point.
  await writeFile(file.replace('compose.yaml', 'hello.wasm'), Buffer.from('0061736d01000000', 'hex'))
  const up = await tender('up', file, '--auction', '60s')
  expect(up.code).toBe(12)
  expect(up.stderr).toContain('it exports no function _start')
  const [, id = ''] = /tender close (\w+)/.exec(up.stderr) ?? []
  expect(id).not.toBe('')
  const leases = (await tender('ps', '--all', '--json')).data().leases
  const broken = leases.find(({ leaseId }) => leaseId.startsWith(id))
  expect(broken).toMatchObject({ name: 'broken', reason: expect.any(String) })
  expect((await tender('close', id)).code).toBe(0)
})

test('prefixes that fit several, or none', async () => {
  const many = await tender('close', '0x')
  expect(many).toMatchObject({ code: 2 })
  expect(many.stderr).toMatch(/\d leases begin with 0x: 0x/)
  expect((await tender('logs', 'ffffffffffff')).code).toBe(5)
})

test('an endpoint of another chain, and another market', async () => {
  const { rpcUrl, book, bootstrap } = place.market
  const profile = { version: 1, rpcUrl, bootstrap, account: 'dev' } as const
  await writeMarketProfile(place.home, 'elsewhere', { ...profile, book: { ...book, chainId: 1 } })
  const wrong = await tender('balance', '--market', 'elsewhere', '--json')
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  expect(wrong.error()).toMatchObject({ code: 'wrongChain', data: { expected: 1, found: 31337 } })

  const nobody = { ...book.contracts, leaseEscrow: `0x${'12'.repeat(20)}` } as const
  await writeMarketProfile(place.home, 'gone', { ...profile, book: { ...book, contracts: nobody } })
  expect((await tender('ps', '--market', 'gone', '--json')).error().code).toBe('noMarket')
})

test('a key of its own: encrypted, and useless without its password', async () => {
  const password = join(place.home, 'password')
  await writeFile(password, 'correct horse\n')
  const made = await tender('account', 'new', 'savings', '--password-file', password, '--json')
  expect(made.code).toBe(0)
  const { address, file } = made.data()
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await tender('account', 'list')).stdout).toContain(address)
  expect((await tender('account', 'new', 'savings', '--password-file', password)).code).toBe(7)

  expect(await tender('balance', '--account', 'savings', '--json')).toMatchObject({ code: 0 })
  const asked = await tender('deposit', '1 USDC', '--account', 'savings', '--json')
  expect(asked.error()).toMatchObject({ code: 'passwordNeeded', class: 'user' })
  await writeFile(password, 'battery staple\n')
  const wrong = await tender('deposit', '1 USDC', '--account', 'savings', '--password-file', password, '--json')
  expect(wrong).toMatchObject({ code: 6 })
  expect(wrong.error().code).toBe('wrongPassword')
})

test('records that are corrupt are named, not repaired', async () => {
  const { rpcUrl, book, bootstrap } = place.market
  await writeMarketProfile(place.home, 'broken', { version: 1, rpcUrl, book, bootstrap, account: 'dev' })
  const file = join(place.home, 'markets', 'broken', 'leases', `0x${'ab'.repeat(32)}.json`)
  expect((await tender('ps', '--market', 'broken')).code).toBe(0)
  await writeFile(file, '{ "version": 1')
  const ps = await tender('ps', '--market', 'broken')
  expect(ps).toMatchObject({ code: 7, stdout: '' })
  expect(ps.stderr).toContain(`${file} is corrupt`)
  expect(ps.stderr).toContain('hint: Move it away')
  expect(await readFile(file, 'utf8')).toBe('{ "version": 1')
})
