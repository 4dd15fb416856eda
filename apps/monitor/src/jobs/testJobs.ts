import { openStore } from '@tender/kit'
import type { ReasonedVerdict } from '@tender/network'
import { type JobTerms, kinds, NotFoundError, type Terms, tiers } from '@tender/protocol'
import { type Address, type Hex, numberToHex, pad, zeroAddress, zeroHash } from 'viem'
import type { DrawnJob } from './drawnJob.ts'

// What the tests of jobs share.

export const lease: Hex = `0x${'77'.repeat(32)}`
export const order: Hex = `0x${'78'.repeat(32)}`
export const NOW = 1_800_000_000
export const addressOf = (index: number): Address => numberToHex(index + 1, { size: 20 })

export const jobTerms: JobTerms = {
  tasks: 10,
  sample: 3,
  validators: 3,
  comparator: zeroHash,
  deadlineSeconds: 3_600,
  cancelFee: 0n,
  verifyFee: 3_000n,
  inputs: zeroHash,
}

export const terms: Terms = {
  ...{ order, offer: zeroHash, index: 0, tenant: zeroAddress, provider: 7n, payout: zeroAddress },
  ...{ asset: zeroAddress, resource: zeroHash, units: 1, rate: 3_600n, start: NOW, latestEnd: NOW + 86_400 },
  ...{ kind: kinds.job, tier: tiers.standard, uptimeBps: 0, maxSilence: 0, minSeconds: 0, noticeSeconds: 0 },
  ...{ startWindow: 60, jobTerms: zeroHash, verifier: zeroAddress },
}

export const seedOf = (draw: number): Hex => pad(numberToHex(draw), { size: 32 })

/** A job that three validators were drawn for. */
export const drawnJob: DrawnJob = {
  lease,
  terms,
  end: NOW + 600,
  jobTerms,
  replicas: 1,
  begunBlock: 100,
  submittedBlock: 200,
  root: zeroHash,
  cid: '',
  progress: [],
  seed: seedOf(1),
  verdictSeed: seedOf(1),
  verdictSeeds: [seedOf(1)],
  validators: [0, 1, 2].map(addressOf),
  everDrawn: [0, 1, 2].map(addressOf),
  challenged: [],
  state: {
    leaseId: lease,
    state: 'drawn',
    since: NOW,
    commitment: seedOf(1),
    challenged: false,
    anchor: 202,
    reanchors: 0,
    drawUntil: undefined,
    challengeUntil: NOW + 100,
    verdictUntil: NOW + 500,
    timestamp: NOW,
    block: 205,
  },
}

export const openMemoryStore = () => openStore({ file: ':memory:' })

/** A validator that has not signed, or is not there. */
export async function silent(): Promise<ReasonedVerdict> {
  throw new NotFoundError('not here', { code: 'unknownVerdict' })
}
