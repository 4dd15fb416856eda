import { type Hex, zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import type { Offer, Order } from './messages.ts'
import { type ProviderView, qualify } from './qualify.ts'
import { countryId, providerStatuses, resourceId } from './tables.ts'

const orderHash: Hex = `0x${'11'.repeat(32)}`
const order: Order = {
  tenant: zeroAddress,
  agent: zeroAddress,
  asset: `0x${'22'.repeat(20)}`,
  resource: resourceId('cu'),
  kind: 0,
  tier: 1,
  units: 2,
  replicas: 1,
  maxPrice: 100n,
  duration: 3600,
  maxMinSeconds: 60,
  uptimeBps: 0,
  maxSilence: 0,
  worstLevel: 3,
  spread: 0,
  countries: [countryId('DE'), countryId('FR')],
  verifier: zeroAddress,
  manifest: zeroHash,
  jobTerms: zeroHash,
  previous: zeroHash,
  handoverSeconds: 0,
  auctionEnd: 1000,
  expiry: 2000,
  nonce: 0n,
}
const offer: Offer = {
  provider: 1n,
  offerEpoch: 4,
  order: orderHash,
  resource: order.resource,
  asset: order.asset,
  tier: 1,
  units: 2,
  price: 100n,
  minSeconds: 60,
  maxDuration: 3600,
  noticeSeconds: 0,
  expiry: 2000,
  salt: 0n,
}
const provider: ProviderView = {
  offerEpoch: 4,
  status: providerStatuses.active,
  level: 3,
  country: countryId('FR'),
  collateralised: true,
}

function broken(change: {
  order?: Partial<Order>
  offer?: Partial<Offer>
  provider?: Partial<ProviderView>
  now?: number
}) {
  return qualify({
    order: { ...order, ...change.order },
    orderHash,
    offer: { ...offer, ...change.offer },
    provider: { ...provider, ...change.provider },
    now: change.now ?? 2000,
  })
}

test('every value at its bound qualifies, bound or standing, and no country means any', () => {
  expect(broken({})).toEqual([])
  expect(broken({ offer: { order: zeroHash, tier: 2, units: 9, price: 0n, expiry: 1_000_000 } })).toEqual([])
  expect(broken({ offer: { expiry: 87_400 } })).toEqual([])
  expect(broken({ order: { countries: [] } })).toEqual([])
})

test.each<[string, Parameters<typeof broken>[0], string, string]>([
  ['orderExpired', { order: { expiry: 1999 } }, '1999', '2000'],
  ['offerForOtherOrder', { offer: { order: `0x${'33'.repeat(32)}` } }, orderHash, `0x${'33'.repeat(32)}`],
  ['offerLivesTooLong', { offer: { expiry: 87_401 } }, '87400', '87401'],
  ['offerExpired', { offer: { expiry: 1999 } }, '2000', '1999'],
  ['resourceMismatch', { offer: { resource: resourceId('cu.tee') } }, 'cu', 'cu.tee'],
  ['assetMismatch', { offer: { asset: zeroAddress } }, order.asset, zeroAddress],
  ['tierTooLow', { offer: { tier: 0 } }, 'standard', 'interruptible'],
  ['unitsExceeded', { offer: { units: 1 } }, '2', '1'],
  ['priceTooHigh', { offer: { price: 101n } }, '100', '101'],
  ['minSecondsTooLong', { offer: { minSeconds: 61 } }, '60', '61'],
  ['durationTooLong', { order: { duration: 3601 } }, '3601', '3600'],
  ['providerNotActive', { provider: { status: providerStatuses.paused } }, 'active', 'paused'],
  ['providerUndercollateralised', { provider: { collateralised: false } }, 'collateralised', 'undercollateralised'],
  ['offerEpochOver', { provider: { offerEpoch: 5 } }, '5', '4'],
  ['levelTooLow', { provider: { level: 4 } }, '3', '4'],
  ['countryNotAccepted', { provider: { country: countryId('NO') } }, 'DE, FR', 'NO'],
])('%s, with both values', (rule, change, asked, possible) => {
  expect(broken(change)).toEqual([{ rule, message: expect.stringMatching(/^(the|one) .{10}/), asked, possible }])
})

test('lists all that is wrong at once', () => {
  const rules = broken({ offer: { price: 200n, tier: 0 }, provider: { level: 5 } }).map(({ rule }) => rule)
  expect(rules).toEqual(['tierTooLow', 'priceTooHigh', 'levelTooLow'])
})
