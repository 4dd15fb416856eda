import { type Address, type Hex, zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { jobTermsHash, marketDomain } from './hashes.ts'
import { blobFacts } from './manifest/blobFacts.ts'
import { buildManifest } from './manifest/buildManifest.ts'
import { parseComposeFile } from './manifest/composeFile.ts'
import { jobTermsOf } from './manifest/jobText.ts'
import { manifestHash } from './manifest/manifest.ts'
import { type BuildOrderParameters, buildOrder, DEFAULT_UPTIME_BPS, mostJobCost } from './order.ts'
import { qualifyJob } from './qualify.ts'
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
  const job = parsed.tender.job && { inputFiles: [], asset: { symbol: 'USDC', decimals: 6 } }
  const { manifest } = buildManifest(parsed, { images, salt, job })
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
  return { built, hash, brief: manifest.brief }
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
  expect(() => order(block)).toThrow(expect.objectContaining({ code: 'noVerifier', class: 'user' }))
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
    expect.objectContaining({
      ...{ code: 'unknownAsset', hint: 'Name max-price in one of: EURC, USDC.' },
      data: { symbol: 'DOGE', known: ['EURC', 'USDC'] },
    }),
  )
})

test('a price finer than the asset is refused, not rounded', () => {
  expect(() => order('max-price: 0.00000001 USDC/h')).toThrow(/USDC has 6 decimals/)
})

const jobs = {
  contract: `0x${'55'.repeat(20)}`,
  domain: marketDomain({ chainId: 1, orderBook: `0x${'66'.repeat(20)}` }),
} as const
const jobBlock = 'max-price: 0.02 USDC/h, duration: 2h, job: { tasks: 9, deadline: 3h, verify: { fee: 0.5 USDC } }'

test('an order of a job commits to its terms, is for the contract that resolves jobs, and has nothing that goes by time', () => {
  const { built, brief } = order(jobBlock, { jobs, verifier })
  const terms = jobTermsOf(brief)
  if (!terms) throw new Error('it is a job')
  expect(built).toMatchObject({
    kind: 1,
    verifier: jobs.contract,
    jobTerms: jobTermsHash(jobs.domain, terms),
    uptimeBps: 0,
    maxSilence: 0,
    maxMinSeconds: 0,
    duration: 7200,
  })
  expect(orderSchema.parse(built)).toEqual(built)
  expect(mostJobCost({ ...built, replicas: 2 }, terms)).toBe(2n * (3n * 40_000n + 500_000n))
  expect(() => order(jobBlock)).toThrow(expect.objectContaining({ code: 'noJobs', class: 'user' }))
})

test('a provider takes a job only with the terms that it was told, and a service only without', () => {
  const { built, brief } = order(jobBlock, { jobs })
  const service = order('max-price: 0.02 USDC/h')
  const broken = (change: Partial<Parameters<typeof qualifyJob>[0]>) =>
    qualifyJob({ order: built, brief, domain: jobs.domain, jobs: jobs.contract, ...change })
  const rules = (change: Parameters<typeof broken>[0]) => broken(change).map(({ rule }) => rule)
  expect(rules({})).toEqual([])
  expect(rules({ order: service.built, brief: service.brief })).toEqual([])
  expect(rules({ brief: service.brief })).toEqual(['kindDiffers', 'jobTermsDiffer'])
  expect(rules({ order: service.built })).toContain('kindDiffers')
  expect(rules({ jobs: undefined })).toEqual(['verifierNotJobs'])
  expect(rules({ order: { ...built, verifier } })).toEqual(['verifierNotJobs'])
  expect(rules({ order: { ...built, duration: 10_800, replicas: 9 } })).toEqual([])
  expect(rules({ order: { ...built, duration: 10_801 } })).toEqual(['deadlineTooShort'])
  expect(rules({ order: { ...built, replicas: 10 } })).toEqual(['tooFewTasks'])
  const cheaper = brief.job && { ...brief.job, terms: { ...brief.job.terms, verifyFee: '1' } }
  expect(rules({ brief: { job: cheaper } })).toEqual(['jobTermsDiffer'])
  expect(broken({ brief: service.brief })).toMatchObject([{ asked: 'job', possible: 'service' }, {}])
  expect(broken({ order: { ...built, verifier } })).toMatchObject([{ asked: verifier, possible: jobs.contract }])
  expect(broken({ jobs: undefined })).toMatchObject([{ possible: zeroAddress }])
})
