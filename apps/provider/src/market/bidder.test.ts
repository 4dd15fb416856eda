import { createFakeDriver } from '@tender/driver/fake'
import { countryId, type OrderEnvelope, resourceId } from '@tender/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { address, brief, bytes32, never, openTestHost, openTestStore, orderOf } from '../testKit.ts'
import { type Answers, answerSchema, createAnswers } from './answers.ts'
import { type BidderOptions, createBidder } from './bidder.ts'

const id = bytes32(9)
const signature = `0x${'11'.repeat(65)}` as const
// CAST: a bidder reads nothing else of an envelope
const envelope = (over: Partial<OrderEnvelope> = {}) => ({ order: orderOf(), brief, ...over }) as OrderEnvelope
const store = () => openTestStore().collection('answers', answerSchema)

let answers: Answers
let collection: ReturnType<typeof store>
let signed: number
let leasedUnits: number
let options: BidderOptions
beforeEach(() => {
  collection = store()
  answers = createAnswers(collection)
  signed = 0
  leasedUnits = 0
  const driver = createFakeDriver(openTestHost({}))
  options = {
    provider: 7n,
    answers,
    sales: new Map([
      [
        'cu',
        {
          asset: address(3),
          pricing: { strategy: 'fixed', price: 15_000n },
          tier: 1,
          minSeconds: 0,
          maxDuration: 86_400,
          noticeSeconds: 0,
        },
      ],
    ]),
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
    ['gpu', { brief: { ...brief, gpu: 'h100' } }],
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
