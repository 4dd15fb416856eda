import { fileURLToPath } from 'node:url'
import { createApiClient, type LeaseProof } from '@tender/api'
import { type Leaf, leafHash, proofRoot } from '@tender/protocol'
import { createMarketClient, getReport, type MarketClient, verifyLeaf } from '@tender/sdk'
import { type Hex, keccak256 } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayMarket, startGatewayMarket } from './support/gatewayMarket.ts'
import { reportedEra } from './support/renting.ts'
import { killTenders, startTender } from './support/tender.ts'
import { LIMIT_MS, until } from './support/until.ts'

// What a gateway proves over HTTP, checked with the chain alone: monitors watched a real lease, signed the era's report and posted it.

const compose = fileURLToPath(new URL('../examples/hello/compose.yaml', import.meta.url))

let market: GatewayMarket
let chain: MarketClient
let lease: Hex
let era: number
beforeAll(async () => {
  market = await startGatewayMarket()
  const { rpcUrl, book } = market.market
  chain = await createMarketClient({ rpcUrl, book })
  const { code, stdout, stderr } = await startTender(market.home, [
    'up',
    compose,
    '--yes',
    '--json',
    '--auction',
    '60s',
  ]).finished
  expect(code, stderr).toBe(0)
  lease = JSON.parse(stdout).leases[0].leaseId
  era = await until('a report of the lease as its monitors saw it', () => measuredEra(lease))
}, 4 * LIMIT_MS)
afterAll(async () => {
  killTenders()
  await market?.stop()
}, LIMIT_MS)

/** An era that owed the lease service: one in which it only began has a leaf too, but nobody drawn for it. */
async function measuredEra(leaseId: Hex): Promise<number | undefined> {
  const reported = await reportedEra(market.url, leaseId)
  const proof = await createApiClient({ baseUrl: market.url }).getLeaseProof({ era: reported, id: leaseId })
  return proof.metric?.assigned.length ? reported : undefined
}

/** Once the report is effective the contract itself takes it, or refuses it. */
async function asTheContractSees(leaf: Leaf, proof: readonly Hex[]) {
  await until('the report to be effective', async () => (await report())?.effective || undefined)
  return verifyLeaf(chain, { era: BigInt(era), leaf, proof })
}

const report = () => getReport(chain, { era: BigInt(era) })
const rootOnChain = async () => (await report())?.root

test(
  'of a lease lead from its values to the root that the chain keeps',
  async () => {
    const response = await fetch(`${market.url}/v1/eras/${era}/leases/${lease}/proof`)
    expect(response.status).toBe(200)
    const proof: LeaseProof = await response.json()
    const root = await rootOnChain()
    expect(proof).toMatchObject({ era, root, leaf: { kind: 'lease', lease } })
    expect(keccak256(keccak256(proof.encoded))).toBe(proof.hash)
    expect(leafHash(proof.leaf)).toBe(proof.hash)
    expect(proofRoot(proof.hash, proof.proof)).toBe(root)
    expect(await asTheContractSees(proof.leaf, proof.proof)).toMatchObject({ coveredUntil: expect.any(Number) })
    // Whoever says that it served longer has no proof of it.
    const longer = { ...proof.leaf, served: proof.leaf.served + 1 }
    expect(proofRoot(leafHash(longer), proof.proof)).not.toBe(root)
    await expect(asTheContractSees(longer, proof.proof)).rejects.toMatchObject({ code: 'noLeaf' })
    expect(proof.metric?.servedSeconds).toBeLessThanOrEqual(proof.leaf.served)
    expect(proof.metric?.assigned.length).toBeGreaterThan(0)
  },
  LIMIT_MS,
)

test(
  'of its provider too, and more than two thirds of the monitors signed that root',
  async () => {
    const client = createApiClient({ baseUrl: market.url })
    const { provider } = await client.getLease({ id: lease })
    const proof = await client.getProviderProof({ era, id: provider })
    const { kind, score, rewards, slashed } = proof.leaf
    const leaf = { kind, provider: BigInt(provider), score, rewards: BigInt(rewards), slashed: BigInt(slashed) }
    expect(leafHash(leaf)).toBe(proof.hash)
    expect(proofRoot(proof.hash, proof.proof)).toBe(await rootOnChain())
    const { root, signers, totalWeight } = await client.getEra({ era })
    expect(root).toBe(proof.root)
    const signed = signers.reduce((sum, { weight }) => sum + weight, 0)
    expect(3 * signed).toBeGreaterThan(2 * totalWeight)
  },
  LIMIT_MS,
)

test(
  'of what a report says nothing of there are none, and the answer says so',
  async () => {
    const unknown = await fetch(`${market.url}/v1/eras/${era}/leases/0x${'ab'.repeat(32)}/proof`)
    expect([unknown.status, (await unknown.json()).code]).toEqual([404, 'notInReport'])
    const later = await fetch(`${market.url}/v1/eras/999999/leases/${lease}/proof`)
    expect([later.status, (await later.json()).code]).toEqual([404, 'unknownEra'])
  },
  LIMIT_MS,
)
