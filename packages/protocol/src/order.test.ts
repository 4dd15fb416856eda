import { type Address, type Hex, zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { blobFacts } from './manifest/blobFacts.ts'
import { buildManifest } from './manifest/buildManifest.ts'
import { parseComposeFile } from './manifest/composeFile.ts'
import { manifestHash } from './manifest/manifest.ts'
import { type BuildOrderParameters, buildOrder, DEFAULT_UPTIME_BPS } from './order.ts'
import { orderSchema } from './schemas.ts'
import { countryId, resourceId } from './tables.ts'

const tenant: Address = `0x${'11'.repeat(20)}`
const agent: Address = `0x${'22'.repeat(20)}`
const usdc: Address = `0x${'33'.repeat(20)}`
const verifier: Address = `0x${'44'.repeat(20)}`
const salt: Hex = zeroHash

function order(tenderBlock: string, change: Partial<BuildOrderParameters> = {}) {
  const text = `services:\n  web: { platform: wasi/wasm, image: ./a.wasm, cpus: 3 }\nx-tender: { ${tenderBlock} }\n`
  const parsed = parseComposeFile(text, { file: 'c.yaml' })
  const images = new Map([['./a.wasm', blobFacts(new Uint8Array([0, 0x61, 0x73, 0x6d]))]])
  const { manifest } = buildManifest(parsed, { images, salt })
  const hash = manifestHash(manifest)
  const built = buildOrder({
    tender: parsed.tender,
    brief: manifest.brief,
    manifestHash: hash,
    tenant,
    agent,
    assets: [
      { address: zeroAddress, symbol: 'EURC', decimals: 6 },
      { address: usdc, symbol: 'USDC', decimals: 6 },
    ],
    now: 1000,
    auctionSeconds: 5,
    matchSeconds: 60,
    nonce: 7n,
    ...change,
  })
  return { built, hash }
}

test('an order says what the file says, in the contracts’ terms', () => {
  const block =
    'max-price: 0.02 USDC/h, duration: 2h, replicas: 2, countries: [DE], worst-level: 3, spread: distinct-providers'
  const { built, hash } = order(block)
  expect(built).toEqual({
    tenant,
    agent,
    asset: usdc,
    resource: resourceId('cu'),
    kind: 0,
    tier: 1,
    units: 3,
    replicas: 2,
    maxPrice: 20_000n,
    duration: 7200,
    maxMinSeconds: 0,
    uptimeBps: 0,
    maxSilence: 86_400,
    worstLevel: 3,
    spread: 1,
    countries: [countryId('DE')],
    verifier: zeroAddress,
    manifest: hash,
    jobTerms: zeroHash,
    previous: zeroHash,
    handoverSeconds: 0,
    auctionEnd: 1005,
    expiry: 1065,
    nonce: 7n,
  })
  expect(orderSchema.parse(built)).toEqual(built)
})

test('uptime needs somebody who measures it', () => {
  const block = 'max-price: 1 USDC/h, uptime: 99.5%'
  expect(order(block, { verifier }).built).toMatchObject({ uptimeBps: 9950, verifier })
  expect(() => order(block)).toThrow(/no monitors/)
})

test('where there are monitors a lease is monitored, unless the tenant says otherwise', () => {
  const block = 'max-price: 1 USDC/h'
  expect(order(block, { verifier }).built).toMatchObject({ uptimeBps: DEFAULT_UPTIME_BPS, verifier })
  expect(order(block).built).toMatchObject({ uptimeBps: 0, verifier: zeroAddress })
  const without = { uptimeBps: 0, verifier: zeroAddress }
  expect(order(`${block}, uptime: unmonitored`, { verifier }).built).toMatchObject(without)
  expect(order(`${block}, uptime: 0%`, { verifier }).built).toMatchObject(without)
})

test('an asset that the market does not take is named beside those it takes', () => {
  expect(() => order('max-price: 1 DOGE/h')).toThrow(
    expect.objectContaining({ code: 'unknownAsset', hint: 'Name max-price in one of: EURC, USDC.' }),
  )
})

test('a price finer than the asset is refused, not rounded', () => {
  expect(() => order('max-price: 0.00000001 USDC/h')).toThrow(/USDC has 6 decimals/)
})
