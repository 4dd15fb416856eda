import { type EraFacts, type EraMonitor, encodeBatch, marketDomain, NotFoundError } from '@tender/protocol'
import { type Address, type Hex, keccak256, numberToHex } from 'viem'
import { expect, test } from 'vitest'
import { createDrafts } from './drafts.ts'
import type { Parts } from './parts.ts'

const reports: Address = `0x${'aa'.repeat(20)}`
const monitor = numberToHex(1, { size: 20 })
const monitors: EraMonitor[] = [{ monitor, weight: 100 }]
const facts: EraFacts = {
  era: 1n,
  from: 1_700_000_000,
  until: 1_700_003_600,
  block: { number: 1n, hash: keccak256('0x01') },
  rules: {
    redundancy: 5,
    creditBps: 0,
    providerBudget: 0n,
    feeFactorBps: 0,
    idleFactorBps: 0,
    mostOfFeesBps: 0,
    rates: [],
    penaltyBps: [0, 0, 0],
  },
  monitors,
  leases: [],
  capacity: [],
  disputes: [],
  attestations: [],
}

function createTestDrafts() {
  const kept = new Map<Hex, Uint8Array>()
  const parts: Parts = {
    async put(bytes) {
      const hash = keccak256(bytes)
      kept.set(hash, bytes)
      return hash
    },
    get: async (hash) => kept.get(hash),
    pieces: async () => undefined,
    has: async (hash) => kept.has(hash),
    forgetBefore: async () => {},
  }
  async function part(hash: Hex): Promise<Uint8Array> {
    const found = kept.get(hash)
    if (found) return found
    throw new NotFoundError('no such part', { code: 'unknownPart' })
  }
  const domain = marketDomain({ chainId: 31_337, orderBook: reports })
  const dataHashOf = () => Promise.reject(new NotFoundError('no report', { code: 'unknownEra' }))
  const library = { sources: () => ({ domain, reports, part, dataHashOf }) }
  return { parts, drafts: createDrafts({ reports, library, parts }) }
}

test('a batch that its monitor signed in two ways makes another data set each time', async () => {
  const signal = new AbortController().signal
  const bytes = encodeBatch({ monitor, era: 1n, observations: [], capacity: [], ratings: [] })
  const header = { reports, era: 1n, monitor, digest: keccak256(bytes) }
  const signedWith = (byte: string) => [{ header, signature: `0x${byte.repeat(65)}` as const, bytes: bytes.length }]
  const basis = { facts, signers: monitors }
  const compute = async (...order: string[]) => {
    const { parts, drafts } = createTestDrafts()
    await parts.put(bytes, 1n)
    const hashes: Hex[] = []
    for (const byte of order) hashes.push((await drafts.draft(basis, 0, signedWith(byte), signal)).dataHash)
    return hashes
  }
  const [one, other] = await compute('01', '02')
  expect(one).not.toBe(other)
  expect(await compute('02', '01')).toEqual([other, one])
})
