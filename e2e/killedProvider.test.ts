import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { fetchWorkload, type OrderRecord, type Plan, readPlan, type TenantLease, waitUntilRunning } from '@tender/cli'
import { askStatus, askWhy } from '@tender/network'
import { owed } from '@tender/protocol'
import { closeLease, getLease } from '@tender/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { moduleOf } from './support/modules.ts'
import { type OneProvider, soon, startOneProvider } from './support/oneProvider.ts'

// One chain, one tenant, one real provider process, which is killed again and again.

let world: OneProvider
let hello: Plan
beforeAll(async () => {
  world = await startOneProvider()
  hello = await readPlan(fileURLToPath(new URL('../examples/hello/compose.yaml', import.meta.url)))
})
afterAll(() => world?.stop())

/** Orders, matches and delivers; the provider may be killed in between. */
async function rent(plan: Plan): Promise<{ record: OrderRecord; lease: TenantLease; url: string }> {
  const record = await world.auction(plan)
  const lease = await world.match(record)
  return { record, lease, url: await world.send(record, lease) }
}
const running = (lease: TenantLease) => waitUntilRunning(world.tenant, lease, soon())
const status = async (url: string) => (await fetchWorkload(url, soon())).status
const close = (lease: TenantLease) => closeLease(world.tenant.market, { lease: lease.terms })

test('killed between any two steps, a lease runs once, serves, and costs its seconds exactly', async () => {
  const before = await world.deposited()

  // After its bid.
  const record = await world.auction(hello)
  expect(record.answers).toHaveLength(1)
  await world.kill()
  const lease = await world.match(record)
  await world.start()

  // After the match, before the manifest.
  await world.kill()
  await world.start()
  const url = await world.send(record, lease)

  // After the manifest, at whatever point of the start.
  await world.kill()
  await world.start()
  await running(lease)
  expect(await status(url)).toBe(200)
  const pid = await world.pidOf(lease.leaseId)

  // While it runs: the same process goes on, with nobody there and with the next one.
  await world.kill()
  expect(await isAlive(pid)).toBe(true)
  await world.start()
  expect(await status(url)).toBe(200)
  expect(await world.pidOf(lease.leaseId)).toBe(pid)
  // The tenant sends the manifest again, as it does when it was not sure: nothing happens twice.
  expect(await world.send(record, lease)).toBe(url)
  expect(await world.pidOf(lease.leaseId)).toBe(pid)

  // After the close, before the settlement.
  await world.kill()
  await close(lease)
  await world.start()
  const { secondsPaid, seconds } = await world.resolved(lease)
  expect(secondsPaid).toBe(seconds)
  expect(await world.deposited()).toBe(before - owed(lease.terms.rate, seconds))
  await expect.poll(() => isAlive(pid)).toBe(false)
  expect(await status(url)).toBe(502)
})

test('two leases at once are two workloads, through a kill too', async () => {
  const before = await world.deposited()
  const one = await rent(hello)
  const two = await rent(hello)
  await Promise.all([running(one.lease), running(two.lease)])
  await world.kill()
  await world.start()
  expect(await Promise.all([status(one.url), status(two.url)])).toEqual([200, 200])
  expect(one.url).not.toBe(two.url)
  await close(one.lease)
  await world.resolved(one.lease)
  expect(await status(two.url)).toBe(200)
  await close(two.lease)
  const ends = [await world.resolved(one.lease), await world.resolved(two.lease)]
  const cost = [one, two].reduce((sum, { lease }, index) => sum + owed(lease.terms.rate, ends[index]?.seconds ?? 0), 0n)
  expect(await world.deposited()).toBe(before - cost)
})

test.each([
  ['is not Wasm', 'broken', /cannot be run/],
  ['loops for ever as it starts', 'hangs', /cannot be run|time/],
] as const)('a module that %s is given back at once, in full', async (_, kind, reason) => {
  const before = await world.deposited()
  const { lease } = await rent(await readPlan(await moduleOf(kind)))
  const { seconds, secondsPaid } = await world.resolved(lease)
  expect([seconds, secondsPaid]).toEqual([0, 0])
  expect(await world.deposited()).toBe(before)
  const { reason: told } = await askStatus(world.tenant.node, lease.provider, { lease: lease.leaseId }, soon())
  expect(told).toMatch(reason)
})

test('a manifest that is not the one ordered is refused, and the right one still taken', async () => {
  const record = await world.auction(hello)
  const lease = await world.match(record)
  const other = { ...record, manifest: { ...record.manifest, salt: lease.leaseId } }
  await expect(world.send(other, lease)).rejects.toMatchObject({ code: 'manifestMismatch' })
  const url = await world.send(record, lease)
  await running(lease)
  expect(await status(url)).toBe(200)
  await close(lease)
  await world.resolved(lease)
})

test('what does not fit is declined, with the reasons', async () => {
  const big = { ...hello, manifest: { ...hello.manifest, brief: { ...hello.manifest.brief, units: 500 } } }
  const record = await world.auction(big)
  expect(record.answers).toMatchObject([{ answer: { type: 'decline', reasons: [{ rule: 'units', asked: '500' }] } }])
  const [answer] = record.answers
  if (!answer) throw new Error('it was answered')
  const why = await askWhy(world.tenant.node, answer.from, record.id, soon())
  expect(why).toMatchObject({ decision: 'declined', reasons: [{ rule: 'units', asked: '500' }] })
  await expect(world.match(record)).rejects.toMatchObject({ code: 'noBids' })
})

test('a second process over the same state is refused', async () => {
  const { code, stderr } = await world.startAnother().finished
  expect(code).toBe(7)
  expect(stderr).toContain('storeInUse')
})

test('a peer that sends garbage disturbs nobody', async () => {
  const { lease, url } = await rent(hello)
  await running(lease)
  const address = /\/ip4\/([^/]+)\/tcp\/(\d+)/.exec(lease.provider.addresses[0] ?? '')
  const hang = Array.from({ length: 20 }, () => garbage(address?.[1] ?? '', Number(address?.[2])))
  await Promise.all([...hang, ...Array.from({ length: 20 }, () => garbage('127.0.0.1', Number(new URL(url).port)))])
  expect(await status(url)).toBe(200)
  expect((await running(lease)).phase).toBe('ready')
  await close(lease)
  await world.resolved(lease)
  expect((await getLease(world.tenant.market, { lease: lease.terms })).held).toBe(0n)
})

function garbage(host: string, port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.end(Buffer.alloc(100_000, '\0\xffGET / \r\n\r\n{"', 'latin1')))
    socket.on('error', () => {}) // cut off, as it should be
    socket.on('close', () => resolve())
    socket.resume()
  })
}

/** On Linux. A process whose parent was killed may stay as a zombie where nobody collects them: it does not run. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  return stat !== '' && !/\) [ZX] /.test(stat)
}
