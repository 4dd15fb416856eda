import type { Manifest } from '@tender/protocol'
import { describe, expect, test } from 'vitest'
import { bytes32, manifestOf, termsOf } from '../testKit.ts'
import { acceptManifest } from './acceptManifest.ts'
import type { LeaseRecord } from './leaseRecord.ts'

const chain = {
  start: 1_000,
  stop: 2_000,
  endsEarly: false,
  settledUntil: 1_000,
  secondsPaid: 0,
  startWindowSeconds: 60,
  maxSilenceSeconds: 0,
  byTime: true,
  resolved: false,
  released: false,
}
const ordered = manifestOf(bytes32(1))
const opened: LeaseRecord = { version: 1, leaseId: bytes32(9), terms: termsOf(), phase: 'opened', chain }
const running: LeaseRecord = { ...opened, phase: 'running', manifest: ordered, ordered: ordered.brief }
const accept = (record: LeaseRecord, manifest: Manifest, revision: number) =>
  acceptManifest(record, { manifest, revision, secrets: {} }, 1_500)
const briefed = (brief: Partial<Manifest['brief']>): Manifest => ({ ...ordered, brief: { ...ordered.brief, ...brief } })

describe('the ordered manifest', () => {
  test('is accepted once', () => {
    const change = { phase: 'accepted', manifest: ordered, secrets: {}, revision: 0, ordered: ordered.brief }
    expect(accept(opened, ordered, 0)).toEqual(change)
    expect(accept(running, ordered, 0)).toBeUndefined()
  })

  test('must fit its brief', () => {
    expect(() => accept(opened, briefed({ cpuMillis: 1 }), 0)).toThrow(
      expect.objectContaining({ code: 'manifestExceedsBrief' }),
    )
  })
})

describe('of a monitored lease that was ordered with a port for visitors', () => {
  const web = { target: 80, protocol: 'http' } as const
  const tls = { target: 443, protocol: 'tls' } as const
  const served = manifestOf(bytes32(1), { ports: [web] })
  const unserved = { ...manifestOf(bytes32(2)), brief: served.brief }
  const monitored = termsOf({ uptimeBps: 9_900 })

  test('a manifest without one is refused: it would be visited all the same', () => {
    const refused = expect.objectContaining({ code: 'promisedPortMissing', class: 'user' })
    expect(accept({ ...opened, terms: monitored }, served, 0)).toBeDefined()
    expect(() => accept({ ...opened, terms: monitored }, unserved, 0)).toThrow(refused)
    const record = { ...running, terms: monitored, manifest: served, ordered: served.brief }
    expect(() => accept(record, manifestOf(bytes32(2)), 1)).toThrow(refused)
    expect(() => accept(record, manifestOf(bytes32(2), { ports: [tls] }), 1)).toThrow(refused)
    expect(accept(record, manifestOf(bytes32(2), { ports: [tls, web] }), 1)).toBeDefined()
  })

  test('of others nobody minds', () => {
    expect(accept(opened, unserved, 0)).toBeDefined()
    expect(accept({ ...running, terms: monitored }, served, 1)).toBeDefined()
  })
})

describe('an update', () => {
  const other = manifestOf(bytes32(2))
  const pending = { manifest: other, revision: 2, secrets: {} }

  test('waits to be put in place, and takes the place of one that has not begun', () => {
    expect(accept(running, other, 2)).toEqual({ pending })
    expect(accept({ ...running, pending: { ...pending, revision: 1 } }, other, 2)).toEqual({ pending })
    expect(accept({ ...running, pending }, other, 2)).toBeUndefined()
    expect(accept({ ...running, revision: 2 }, other, 2)).toBeUndefined()
  })

  test.each<[string, LeaseRecord, number]>([
    ['leaseOver', { ...running, phase: 'stopped' }, 1],
    ['leaseOver', { ...running, chain: { ...chain, stop: 1_500 } }, 1],
    ['notStarted', opened, 1],
    ['staleRevision', { ...running, revision: 3 }, 2],
    ['staleRevision', { ...running, pending: { ...pending, revision: 3 } }, 2],
    ['staleRevision', { ...running, update: { revision: 3, state: 'failed' } }, 3],
    ['updateRunning', { ...running, pending, update: { revision: 2, state: 'running' } }, 3],
  ])('is refused with %s', (code, record, revision) => {
    expect(() => accept(record, other, revision)).toThrow(expect.objectContaining({ code, class: 'conflict' }))
  })

  test('may use all that its units hold', () => {
    // One unit is one core, 4 GiB of memory and 25 GiB of disk.
    expect(accept(running, briefed({ cpuMillis: 1_000, memoryBytes: 2 ** 32, diskBytes: 2 ** 34 }), 1)).toBeDefined()
    expect(() => accept(running, briefed({ cpuMillis: 1_001 }), 1)).toThrow(
      expect.objectContaining({
        code: 'updateExceedsOrder',
        class: 'user',
        hint: expect.stringMatching('Order anew'),
        data: { what: 'units', asked: 2, possible: 1 },
      }),
    )
  })

  test('of a lease of cards may use what was ordered beside them', () => {
    const gpu = { resource: 'gpu.nvidia.h200-141gb', gpu: 'h200' }
    const record = { ...running, ordered: { ...ordered.brief, ...gpu } }
    expect(accept(record, briefed(gpu), 1)).toBeDefined()
    expect(() => accept(record, briefed({ ...gpu, memoryBytes: 2 ** 27 }), 1)).toThrow(
      expect.objectContaining({ code: 'updateExceedsOrder' }),
    )
  })

  test.each<[string, Partial<Manifest['brief']>]>([
    ['driver', { driver: 'docker' }],
    ['resource', { resource: 'gpu.nvidia.h200-141gb' }],
    ['network', { network: 'internet' }],
    ['volumesOf', { volumesOf: bytes32(3) }],
  ])('cannot change its %s', (what, brief) => {
    expect(() => accept(running, briefed(brief), 1)).toThrow(
      expect.objectContaining({ code: 'updateExceedsOrder', data: expect.objectContaining({ what }) }),
    )
  })
})
