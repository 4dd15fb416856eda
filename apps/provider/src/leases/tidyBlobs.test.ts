import { expect, test } from 'vitest'
import { bytes32, manifestOf, termsOf } from '../testKit.ts'
import type { LeasePhase, LeaseRecord } from './leaseRecord.ts'
import { tidyBlobs } from './tidyBlobs.ts'

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

function leaseOf(number: number, phase: LeasePhase): LeaseRecord {
  const manifest = phase === 'opened' ? undefined : manifestOf(bytes32(number))
  return { version: 1, leaseId: bytes32(number), terms: termsOf(), phase, chain, manifest }
}

function keptOf(...live: LeaseRecord[]): Set<string> | undefined {
  let kept: ReadonlySet<string> | undefined
  const retain = (wanted: ReadonlySet<string>) => {
    kept = wanted
  }
  tidyBlobs({ live: () => live }, { retain })
  return kept && new Set(kept)
}

test('what a lease may still run stays, whatever it does now; what is gone needs nothing', () => {
  const phases = ['accepted', 'running', 'completed', 'failed', 'stopped', 'retired', 'destroyed'] as const
  const leases = phases.map((phase, index) => leaseOf(index, phase))
  expect(keptOf(...leases)).toEqual(new Set([0, 1, 2, 3, 4].map(bytes32)))
  expect(keptOf()).toEqual(new Set())
})

test('nothing is removed while a manifest may be on its way', () => {
  expect(keptOf(leaseOf(1, 'destroyed'), leaseOf(2, 'opened'))).toBeUndefined()
})

test('what an update brings, and what it may fall back to, stays', () => {
  const version = (number: number) => ({ revision: number, manifest: manifestOf(bytes32(number)), secrets: {} })
  const lease = { ...leaseOf(1, 'running'), pending: version(2), fallback: version(3) }
  expect(keptOf(lease)).toEqual(new Set([1, 2, 3].map(bytes32)))
})
