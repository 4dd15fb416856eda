import { createFakeDriver } from '@tender/driver/fake'
import { evidenceHash, leaseEvidenceSchema } from '@tender/network'
import { expect, test } from 'vitest'
import { bytes32, never, openTestHost, termsOf } from '../testKit.ts'
import type { ChainView } from './decide.ts'
import { endedBecause, gatherEvidence, newEvidence, whyOver } from './evidence.ts'

const leaseId = bytes32(9)
const limits = { cpuMilli: 1, memoryBytes: 1, diskBytes: 0 }
const service = {
  name: 'web',
  shape: 'command',
  image: { kind: 'file', path: '/a' },
  args: [],
  environment: {},
  replicas: 1,
} as const

test('holds the end of the log in pieces that can travel, whatever the workload wrote', async () => {
  const writes = Array.from({ length: 80 }, (_, index) => `${index} \ud800 ${'x'.repeat(5_000)}`)
  const driver = createFakeDriver(openTestHost({ '/a': { writes, ends: { kind: 'exited', code: 3 } } }))
  const handle = await driver.start({ leaseId, services: [service], limits }, never)
  const facts = {
    record: { leaseId, handle },
    reason: 'broke \udc00',
    endedAt: 5,
    exit: { kind: 'exited', code: 3 },
  } as const
  const evidence = await gatherEvidence(facts, driver, never)
  expect(leaseEvidenceSchema.parse(evidence)).toEqual(evidence)
  expect(evidence).toMatchObject({ exit: 'exited with code 3', lastStatus: 'exited with code 3', endedAt: 5 })
  expect(evidence.logTail).toHaveLength(50)
  expect(evidence.logTail[0]).toMatch(/^30 /)
  expect(evidenceHash(evidence)).toBe(evidenceHash(leaseEvidenceSchema.parse(evidence)))
})

test('says what it can when the driver says nothing', async () => {
  const host = openTestHost({})
  const driver = createFakeDriver(host)
  host.engineDown = true
  const handle = { leaseId, driver: 'fake', version: 1, state: 1 }
  const evidence = await gatherEvidence({ record: { leaseId, handle }, reason: 'gone', endedAt: 5 }, driver, never)
  expect(evidence).toEqual({ leaseId, reason: 'gone', endedAt: 5, logTail: [] })
})

test('stays as it is once it is recorded, for its hash may be on the chain', () => {
  const first = { leaseId, reason: 'first', endedAt: 1, logTail: [] }
  const second = { ...first, reason: 'second' }
  expect(newEvidence(undefined, first)).toEqual({ evidence: first })
  expect(newEvidence({ evidence: first }, second)).toEqual({ evidence: first })
})

test('says why a lease was ended, also if it stopped before the chain said so', () => {
  const chain: ChainView = {
    start: 1_000,
    stop: 2_000,
    endsEarly: true,
    settledUntil: 1_000,
    secondsPaid: 0,
    startWindowSeconds: 60,
    maxSilenceSeconds: 0,
    byTime: true,
    resolved: false,
    released: false,
  }
  const early = { leaseId, reason: whyOver({ chain }), endedAt: 2_000, logTail: [] }
  const record = { version: 1, leaseId, terms: termsOf(), phase: 'stopped', chain, evidence: early } as const
  const said = { endReason: 'closed by the tenant', evidence: { ...early, reason: 'closed by the tenant' } }
  expect(endedBecause(record, 'closed by the tenant')).toEqual(said)
  expect(whyOver({ chain, endReason: 'closed by the tenant' })).toBe('closed by the tenant')
  expect(whyOver({ chain: { ...chain, endsEarly: false } })).toBe('its time is over')
  const sent = endedBecause({ ...record, evidenceSent: true }, 'closed by the tenant')
  expect(sent).toEqual({ endReason: 'closed by the tenant' })
})
