import { evidenceHash } from '@tender/network'
import { leaseId as leaseIdOf, TenderError } from '@tender/protocol'
import { describe, expect, test } from 'vitest'
import { address, never, orderOf, termsOf } from '../testKit.ts'
import {
  agentKey,
  createWorld,
  deliver,
  imageOf,
  manifestFor,
  openLease,
  playTime,
  seconds,
  signature,
} from './testWorld.ts'

playTime()

describe('an end', () => {
  test('is explained, also when nothing was ever well', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'ails', {}, 'containers')
    await seconds(40)
    expect(book.get(id)?.phase).toBe('running')
    await seconds(20)
    const { evidence, reason } = book.get(id) ?? expect.fail()
    expect(reason).toMatch('running, waiting: db is not healthy')
    expect(evidence).toMatchObject({ leaseId: id, reason, lastStatus: 'running, waiting: db is not healthy' })
    expect(world.chain.lease(terms)).toMatchObject({
      secondsPaid: 0,
      evidence: evidenceHash(evidence ?? expect.fail()),
    })
    world.kill()
  })

  test('that was put on the chain is explained as it was then, although an update came', async () => {
    const world = createWorld()
    const { abandon } = world.chain.market
    const down = async () => {
      throw new TenderError('down', { code: 'unreachable', class: 'network' })
    }
    // The transaction is mined, and its provider hears of it later.
    world.chain.market.abandon = (...args) => abandon(...args).then(down)
    const { id, terms, book } = await openLease(world, 'crashes')
    const { view } = world.chain.market
    world.chain.market.view = down
    world.kill()
    const later = world.start()
    await seconds(5)
    expect(later.get(id)).toMatchObject({ phase: 'failed', evidenceSent: true })
    await world.live(() => deliver(world, later, id, manifestFor('runs'), 1))
    await seconds(5)
    world.chain.market.view = view
    world.kill()
    const last = world.start()
    await last.refresh(id, never)
    await world.live(() => {})
    await seconds(5)
    const { evidence } = last.get(id) ?? expect.fail()
    expect(evidence?.reason).toBe('crashed: a trap')
    expect(world.chain.lease(terms).evidence).toBe(evidenceHash(evidence ?? expect.fail()))
    expect(book).not.toBe(last)
    world.kill()
  })

  test('that its tenant made has the end of the log, and the volumes stay a while', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(2)
    world.chain.close(terms)
    book.update(id, { endReason: 'closed by the tenant' })
    await book.refresh(id, never)
    await world.live(() => {})
    await seconds(2)
    expect(book.get(id)).toMatchObject({
      phase: 'stopped',
      evidence: { reason: 'closed by the tenant', logTail: ['up'] },
    })
    await seconds(80)
    expect(book.get(id)).toMatchObject({ phase: 'retired', keepsVolumes: true, archive: { until: 1_002 + 90 } })
    expect(world.host.workloads.size).toBe(0)
    expect([...world.host.volumes.keys()]).toEqual([id])
    await seconds(60)
    expect(book.get(id)?.phase).toBe('destroyed')
    expect(world.host.volumes.size).toBe(0)
    world.kill()
  })

  test('comes with notice when its provider interrupts it', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs', { noticeSeconds: 30 })
    await seconds(5)
    await world.live(() => book.update(id, { interrupt: { because: 'a better order came' } }))
    await seconds(2)
    const { evidence } = book.get(id) ?? expect.fail()
    expect(evidence).toMatchObject({ reason: 'a better order came' })
    expect(world.chain.lease(terms)).toMatchObject({ stop: 1_035, evidence: evidenceHash(evidence ?? expect.fail()) })
    await seconds(20)
    expect(book.get(id)?.phase).toBe('running')
    await seconds(15)
    expect(book.get(id)).toMatchObject({ phase: 'stopped', evidence })
    expect(world.chain.lease(terms)).toMatchObject({ secondsPaid: 35, resolved: true })
    world.kill()
  })

  test('is put off as the tenant permits, and no further', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs')
    const permission = { lease: id, latestEnd: 2_000, maxAmount: 10n ** 9n, expiry: 10_000 }
    await world.live(() => book.update(id, { extend: { permission, signature, runwaySeconds: 100 } }))
    await seconds(495)
    expect(world.chain.lease(terms).stop).toBe(1_600)
    await seconds(10)
    expect(world.chain.lease(terms).stop).toBe(1_700)
    world.chain.payUntil(1_800)
    await seconds(200)
    expect(world.chain.lease(terms)).toMatchObject({ stop: 1_800 })
    expect(world.troubles(id)).toEqual([expect.stringMatching('InsufficientBalance')])
    expect(world.chain.lease(terms).secondsPaid).toBeGreaterThan(650)
    world.chain.payUntil(10_000)
    await seconds(600)
    expect(book.get(id)?.phase).not.toBe('running')
    expect(world.chain.lease(terms).stop).toBeLessThanOrEqual(2_000)
    world.kill()
  })

  test('is no loss of the host', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs')
    await seconds(2)
    world.chain.close(terms)
    await book.refresh(id, never)
    await world.live(() => {})
    await seconds(2)
    expect([book.get(id)?.phase, world.lost()]).toEqual(['stopped', 0])
    world.host.end(id, { kind: 'lost' })
    await seconds(2)
    expect([book.get(id)?.phase, world.lost()]).toEqual(['stopped', 0])
    world.kill()
  })

  test('takes the volumes along of what was lost and could not be started again', async () => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(70)
    world.host.scripts[`/blobs/${imageOf('runs')}`] = { failsToStart: 'the host is ill' }
    world.host.end(id, { kind: 'lost' })
    await seconds(5)
    expect([world.host.workloads.size, book.get(id)?.phase, book.get(id)?.handle]).toEqual([0, 'accepted', undefined])
    await seconds(540)
    expect([book.get(id)?.phase, world.host.volumes.size]).toEqual(['stopped', 1])
    await seconds(200)
    expect([book.get(id)?.phase, world.host.volumes.size]).toEqual(['destroyed', 0])
    world.kill()
  })

  test('hands volumes over to the lease that waits for them', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(2)
    const [data] = world.host.volumes.get(id)?.values() ?? []
    data?.files.set('/x', Buffer.from('kept'))
    const next = termsOf({ index: 1, startWindow: 30 })
    const nextId = leaseIdOf(next)
    world.chain.open(next, 1_600)
    await book.open(next, { order: orderOf(), agentKey }, never)
    await world.live(() => book.update(nextId, { phase: 'accepted', manifest: manifestFor('runs', 'containers', id) }))
    await seconds(60)
    expect(book.get(nextId)?.phase).toBe('accepted')
    expect(world.chain.lease(next).endsEarly).toBe(false)
    world.chain.close(terms)
    await book.refresh(id, never)
    await world.live(() => {})
    await seconds(2)
    expect([book.get(id)?.phase, book.get(nextId)?.phase]).toEqual(['stopped', 'running'])
    expect(world.host.volumes.get(nextId)?.get('data')?.files.get('/x')?.toString()).toBe('kept')
    world.kill()
  })

  test('gives volumes to nobody but the tenant who had them', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(2)
    world.chain.close(terms)
    await book.refresh(id, never)
    const thief = termsOf({ index: 1, tenant: address(9) })
    world.chain.open(thief, 1_600)
    await book.open(thief, { order: orderOf() }, never)
    const manifest = manifestFor('runs', 'containers', id)
    await world.live(() => book.update(leaseIdOf(thief), { phase: 'accepted', manifest }))
    await seconds(5)
    expect(book.get(leaseIdOf(thief))).toMatchObject({ phase: 'stopped', reason: expect.stringMatching('not here') })
    expect(world.chain.lease(thief)).toMatchObject({ secondsPaid: 0, resolved: true })
    world.kill()
  })
})
