import { createFakeDriver } from '@tender/driver/fake'
import { countryId, marketDomain, type OrderEnvelope, resourceId } from '@tender/protocol'
import type { Hex } from 'viem'
import { beforeEach, describe, expect, test } from 'vitest'
import type { JobLimits } from '../jobs/jobReasons.ts'
import type { LeaseRecord } from '../leases/leaseRecord.ts'
import { address, brief, bytes32, never, openTestHost, openTestStore, orderOf, termsOf } from '../testKit.ts'
import { type Answers, answerSchema, createAnswers } from './answers.ts'
import { type BidderOptions, createBidder } from './bidder.ts'
import { createQuotes } from './quotes.ts'
import type { Sale } from './sale.ts'

const id = bytes32(9)
const signature = `0x${'11'.repeat(65)}` as const
// CAST: a bidder reads nothing else of an envelope
const envelope = (over: Partial<OrderEnvelope> = {}) => ({ order: orderOf(), brief, ...over }) as OrderEnvelope
const sale: Sale = {
  asset: address(3),
  pricing: { strategy: 'fixed', price: 15_000n },
  tier: 1,
  minSeconds: 0,
  maxDuration: 86_400,
  noticeSeconds: 0,
}
const store = () => openTestStore().collection('answers', answerSchema)

const jobLimits: JobLimits = {
  domain: marketDomain({ chainId: 31_337, orderBook: address(8) }),
  contract: address(9),
  maxBundleBytes: 5_000,
  bytesFree: 8_000,
}

let answers: Answers
let collection: ReturnType<typeof store>
let signed: number
let leasedUnits: number
let leases: LeaseRecord[]
let interrupted: Hex[]
let options: BidderOptions
beforeEach(() => {
  collection = store()
  answers = createAnswers(collection)
  signed = 0
  leasedUnits = 0
  leases = []
  interrupted = []
  const driver = createFakeDriver(openTestHost({}))
  options = {
    provider: 7n,
    answers,
    sales: new Map([['cu', [sale]]]),
    quotes: createQuotes({ rates: async () => [], runScript: async () => ({ price: 15_000n }) }),
    internet: false,
    leases: () => leases,
    jobs: { limits: () => jobLimits, gpusInUse: () => 0 },
    hasVolumesOf: async () => false,
    deposited: async () => 10n ** 12n,
    interrupt: (lease) => interrupted.push(lease),
    maxBlobBytes: 1_000,
    driverFor: (kind) => (kind === 'fake' ? driver : undefined),
    self: async () => ({ status: 1, country: countryId('CH'), level: 2, offerEpoch: 5, collateralised: true }),
    capacity: async () => ({ committedUnits: 8, leasedUnits, until: 100_000 }),
    sign: async () => {
      signed += 1
      return signature
    },
    nowSeconds: () => 1_000,
  }
})
const ask = (asked = envelope()) => createBidder(options)(id, asked, never)
const rulesOf = async (asked?: OrderEnvelope) => (await ask(asked)).reasons.map(({ rule }) => rule)

describe('a bid', () => {
  test('is what the sale says, bound to the order, and recorded before it is returned', async () => {
    const answer = await ask()
    expect(answer).toMatchObject({ decision: 'bid', reasons: [], decidedAt: 1_000 })
    expect(answer.bid?.offer).toMatchObject({
      provider: 7n,
      offerEpoch: 5,
      order: id,
      resource: resourceId('cu'),
      price: 15_000n,
      units: 1,
      expiry: 1_600,
    })
    expect(createAnswers(collection).get(id)).toEqual(answer)
  })

  test('is the same when asked again, also at the same time, and after a restart', async () => {
    const answerOrder = createBidder(options)
    const [one, two] = await Promise.all([answerOrder(id, envelope(), never), answerOrder(id, envelope(), never)])
    expect(two).toEqual(one)
    expect(await ask()).toEqual(one)
    expect(signed).toBe(1)
  })

  test('that cannot be decided now is asked for anew the next time', async () => {
    const { self } = options
    options.self = () => Promise.reject(new Error('the chain is away'))
    await expect(ask()).rejects.toThrow('away')
    expect(answers.get(id)).toBeUndefined()
    options.self = self
    expect((await ask()).decision).toBe('bid')
  })

  test.each([
    [3, 0, 3],
    [32, 6, 2],
    [32, 7, 1],
  ])('for %i replicas with %i of 8 units leased is for %i', async (replicas, leased, units) => {
    leasedUnits = leased
    const { bid } = await ask(envelope({ order: orderOf({ replicas }) }))
    expect(bid?.offer.units).toBe(units)
  })
})

describe('declines, with every reason', () => {
  test.each<[string, Partial<OrderEnvelope>]>([
    ['units', { order: orderOf({ units: 9 }) }],
    ['until', { order: orderOf({ duration: 99_001 }) }],
    ['driver', { brief: { ...brief, driver: 'docker' } }],
    ['briefResource', { brief: { ...brief, resource: 'gpu.x' } }],
    ['briefUnits', { brief: { ...brief, units: 2 } }],
    ['briefNeeds', { brief: { ...brief, cpuMillis: 1_001 } }],
    ['briefGpu', { brief: { ...brief, gpu: 'h100' } }],
    ['network', { brief: { ...brief, network: 'internet' } }],
    ['volumes', { brief: { ...brief, volumesOf: bytes32(1) } }],
    ['containers', { brief: { ...brief, containers: 2 } }],
    ['blobs', { brief: { ...brief, blobBytes: 1_001 } }],
    ['priceTooHigh', { order: orderOf({ maxPrice: 14_999n }) }],
    ['resource', { order: orderOf({ resource: resourceId('gpu.x') }), brief: { ...brief, resource: 'gpu.x' } }],
  ])('%s', async (rule, over) => {
    expect(await rulesOf(envelope(over))).toContain(rule)
    expect(signed).toBe(0)
    expect(answers.explain(id)).toMatchObject({ decision: 'declined' })
  })

  test('a host that is not healthy', async () => {
    const host = openTestHost({})
    host.report = { healthy: false, reason: 'the disk is full' }
    options.driverFor = () => createFakeDriver(host)
    expect(await rulesOf()).toEqual(['host'])
  })
})

describe('what containers need', () => {
  const gpu = 'gpu.nvidia.h100-80gb'
  const gpuOrder = (units: number) => ({
    order: orderOf({ resource: resourceId(gpu), units }),
    brief: { ...brief, resource: gpu, units, gpu: 'nvidia.h100-80gb' },
  })
  const card = (id: string) => ({ id, resource: gpu, memoryBytes: 2 ** 36, driverVersion: '570' })

  beforeEach(() => {
    const host = openTestHost({})
    const { report } = host
    if (report.healthy) host.report = { ...report, gpus: [card('GPU-1'), card('GPU-2'), card('GPU-3')] }
    const fake = createFakeDriver(host)
    const capabilities = { ...fake.capabilities, containers: true }
    options.driverFor = () => ({ ...fake, capabilities })
    options.sales = new Map([
      ['cu', [sale]],
      [gpu, [sale]],
    ])
  })

  test('the internet is for the configuration to allow', async () => {
    const asked = envelope({ brief: { ...brief, network: 'internet' } })
    expect(await ask(asked)).toMatchObject({
      reasons: [{ rule: 'network', message: expect.stringContaining('allows') }],
    })
    options.internet = true
    expect((await createBidder(options)(bytes32(10), asked, never)).decision).toBe('bid')
  })

  test('volumes are where they are, and their tenant’s', async () => {
    const asked = envelope({ brief: { ...brief, volumesOf: bytes32(1) } })
    expect(await rulesOf(asked)).toEqual(['volumes'])
    options.hasVolumesOf = async (lease, tenant) => lease === bytes32(1) && tenant === address(1)
    expect((await createBidder(options)(bytes32(10), asked, never)).decision).toBe('bid')
  })

  test('a card is for one lease, until nothing of that runs any more', async () => {
    leases = [leaseOf({ resource: resourceId(gpu), units: 2 })]
    expect(await ask(envelope(gpuOrder(2)))).toMatchObject({ reasons: [{ rule: 'gpu', asked: '2', possible: '1' }] })
    leases = leases.map((lease) => ({ ...lease, phase: 'stopped' }))
    expect((await createBidder(options)(bytes32(10), envelope(gpuOrder(2)), never)).decision).toBe('bid')
  })
})

describe('several tiers', () => {
  const spot: Sale = { ...sale, tier: 0, noticeSeconds: 30, pricing: { strategy: 'fixed', price: 8_000n } }
  const premium: Sale = { ...sale, tier: 2, pricing: { strategy: 'fixed', price: 30_000n } }
  beforeEach(() => {
    options.sales = new Map([['cu', [premium, sale, spot]]])
  })
  const offered = async (over: Partial<OrderEnvelope['order']>, order = bytes32(20)) =>
    (await createBidder(options)(order, envelope({ order: orderOf(over) }), never)).bid?.offer

  test('an order gets the cheapest that does', async () => {
    expect(await offered({ tier: 0 }, bytes32(20))).toMatchObject({ tier: 0, price: 8_000n, noticeSeconds: 30 })
    expect(await offered({ tier: 1 }, bytes32(21))).toMatchObject({ tier: 1, price: 15_000n })
    expect(await offered({ tier: 2, maxPrice: 30_000n }, bytes32(22))).toMatchObject({ tier: 2, price: 30_000n })
  })

  test('a better tier is offered where it is the one that fits', async () => {
    options.sales = new Map([['cu', [{ ...spot, maxDuration: 60 }, sale]]])
    expect(await offered({ tier: 0 })).toMatchObject({ tier: 1 })
  })

  test('a decline is about the tier that comes closest', async () => {
    expect(await rulesOf(envelope({ order: orderOf({ tier: 2 }) }))).toEqual(['priceTooHigh'])
    options.sales = new Map([['cu', [spot]]])
    expect(
      (await createBidder(options)(bytes32(10), envelope({ order: orderOf({ tier: 2 }) }), never)).reasons,
    ).toMatchObject([{ rule: 'tierTooLow', asked: 'premium', possible: 'interruptible' }])
  })

  describe('when units are missing', () => {
    const better = { tier: 1, auctionEnd: 1_100, expiry: 1_600 }
    const spotLease = (over: Parameters<typeof leaseOf>[0] = {}) =>
      leaseOf({ tier: 0, units: 8, noticeSeconds: 30, rate: 8n * 1_000n, ...over })
    beforeEach(() => {
      leasedUnits = 8
      leases = [spotLease()]
      options.sales = new Map([['cu', [sale, { ...spot, interruptAboveBps: 15_000 }]]])
    })

    test('a lease of the interruptible tier makes room for a better order, and is recorded with the bid', async () => {
      expect(await offered(better)).toMatchObject({ tier: 1 })
      expect(interrupted).toEqual([leases[0]?.leaseId])
    })

    test.each<[string, Partial<OrderEnvelope['order']>, () => void]>([
      ['where the configuration says nothing of it', {}, () => (options.sales = new Map([['cu', [sale, spot]]]))],
      ['when its notice ends after the auction', { auctionEnd: 1_049 }, () => {}],
      ['for an order that pays less than it should', {}, () => (leases = [spotLease({ rate: 8n * 1_251n })])],
      ['of another tier', {}, () => (leases = [spotLease({ tier: 1 })])],
      ['paid in another asset', {}, () => (leases = [spotLease({ asset: address(5) })])],
      ['for a tenant without the money', {}, () => (options.deposited = async () => 14_999n)],
      ['for an order that something else stands against', { duration: 99_001 }, () => {}],
    ])('no lease is ended %s', async (_, over, change) => {
      change()
      expect(await rulesOf(envelope({ order: orderOf({ ...better, ...over }) }))).toContain('units')
      expect(interrupted).toEqual([])
    })

    test('the units of one that was ended are counted as soon as they will be free in time', async () => {
      leases = leases.map((lease) => ({ ...lease, chain: { ...lease.chain, stop: 1_080, endsEarly: true } }))
      expect(await offered({ ...better, auctionEnd: 1_099 }, bytes32(20))).toBeUndefined()
      expect(await offered({ ...better, auctionEnd: 1_100 }, bytes32(21))).toMatchObject({ units: 1 })
      expect(interrupted).toEqual([])
    })

    test('a lease that is replaced hands its own units over', async () => {
      const [lease] = leases
      expect(await offered({ tier: 1, previous: bytes32(77) }, bytes32(20))).toBeUndefined()
      expect(await offered({ tier: 1, previous: lease?.leaseId ?? '0x' }, bytes32(21))).toMatchObject({ units: 1 })
    })
  })
})

function leaseOf(over: Partial<LeaseRecord['terms']> = {}): LeaseRecord {
  return {
    version: 1,
    leaseId: bytes32(50),
    terms: termsOf(over),
    phase: 'running',
    chain: {
      start: 1_000,
      stop: 10_000,
      endsEarly: false,
      settledUntil: 1_000,
      secondsPaid: 0,
      startWindowSeconds: 60,
      maxSilenceSeconds: 0,
      byTime: true,
      resolved: false,
      released: false,
    },
  }
}

describe('answers', () => {
  test('are forgotten a day after their order expired, and the newest come first', async () => {
    const answer = await ask()
    answers.put(bytes32(10), { ...answer, decidedAt: 2_000 })
    expect(answers.recent(1)).toMatchObject([{ id: bytes32(10) }])
    answers.prune(answer.order.expiry + 86_400)
    expect(answers.recent(9)).toHaveLength(2)
    answers.prune(answer.order.expiry + 86_401)
    expect(answers.recent(9)).toEqual([])
    expect(answers.explain(id)).toEqual({ decision: 'unknown', reasons: [] })
  })

  test('that were damaged are refused by name', () => {
    // CAST: what no code of ours would write
    collection.set(id, { version: 1 } as never)
    expect(() => answers.get(id)).toThrow(expect.objectContaining({ code: 'corruptState' }))
  })
})
