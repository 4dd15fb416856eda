import { kinds, TenderError } from '@tender/protocol'
import type { Job } from '@tender/sdk'
import { exactTime } from '@tender/tenant'
import type { JobOutcome } from '@tender/tenant/jobs'
import { zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { checkChallengeable, checkTasks } from './challenge.ts'
import { checkService } from './checkService.ts'
import { type JobFacts, nextJobSteps } from './nextJobSteps.ts'
import { failureLines, outcomeText, stateLines } from './showJob.ts'
import { silentWords } from './verdicts.ts'

// What people read about jobs: each state says what it means, and what to do.

const asset = { address: zeroAddress, symbol: 'USDC', name: 'Test', decimals: 6 }
const stakeToken = { address: zeroAddress, symbol: 'TNDR', name: 'Stake', decimals: 18 }
const leaseId = `0xabcd${'0'.repeat(60)}` as const
const id = '0xabcd0000'

const outcome: JobOutcome = {
  leaseId,
  reason: 'the validators decided',
  price: 8_000n,
  paid: 8_000n,
  refunded: 0n,
  verifying: 0n,
  penalty: 0n,
}

test('an end says where the money went, and leaves out what did not', () => {
  const tell = (change: Partial<JobOutcome>) => outcomeText({ ...outcome, ...change }, { asset, stakeToken })
  expect(tell({ passed: true, verifying: 3_000n })).toBe(
    'the validators passed it: 0.008 USDC paid, 0.003 USDC to the validators',
  )
  expect(tell({ passed: false, paid: 0n, refunded: 8_000n, verifying: 2_000n, penalty: 4n * 10n ** 19n })).toBe(
    "the validators found it wrong: 0 USDC paid, 0.002 USDC to the validators, 0.008 USDC back, 40 TNDR of the provider's stake to you",
  )
  expect(tell({ reason: 'the tenant cancelled it', paid: 1_000n, refunded: 7_000n })).toBe(
    'the tenant cancelled it: 0.001 USDC paid, 0.007 USDC back',
  )
})

const facts: JobFacts = {
  id,
  state: 'begun',
  due: undefined,
  challenged: false,
  challengeUntil: undefined,
  outcome: undefined,
  asset,
  tasks: 8,
  composeFile: '/job.yaml',
  cancelFee: 1_000n,
  task: 3,
  now: 1_000,
}

test('every state of a job says what can be done about it', () => {
  const steps = (change: Partial<JobFacts>) => nextJobSteps({ ...facts, ...change })
  expect(steps({ state: 'opened' })).toEqual([
    'tender run /job.yaml: give its provider what it needs',
    `tender job cancel ${id}: end it, for nothing`,
  ])
  expect(steps({}).at(-1)).toBe(`tender job cancel ${id}: end it, for 0.001 USDC`)
  expect(steps({ due: 'expire' })).toEqual([
    `tender job cancel ${id}: its time is over, and the whole price comes back`,
  ])
  const accept = `tender job accept ${id}: pay at once, without a verdict`
  expect(steps({ state: 'submitted' })).toContain(accept)
  const challenge = `tender job challenge ${id} --tasks 3: have tasks run again that you name, for a bond, until ${exactTime(1_010)}`
  const drawn = { state: 'drawn', challengeUntil: 1_010 } as const
  expect(steps(drawn)).toEqual([challenge, `tender job results ${id}: bring the result`, accept])
  expect(steps({ ...drawn, now: 1_010 })).not.toContain(challenge)
  expect(steps({ ...drawn, challenged: true })).not.toContain(challenge)
  expect(steps({ state: 'ended', outcome })).toEqual([`tender job results ${id}: bring the result, for some days`])
  expect(steps({ state: 'ended', outcome: { ...outcome, paid: 0n } })).toEqual([])
})

const job: Job = {
  leaseId,
  state: 'drawn',
  since: 1_000,
  commitment: zeroHash,
  challenged: false,
  anchor: 5,
  reanchors: 0,
  drawUntil: undefined,
  challengeUntil: 1_010,
  verdictUntil: 1_130,
  timestamp: 1_009,
  block: 9,
}

test('a challenge that is too early, too late or a second one is refused with why', () => {
  const refused = (change: Partial<Job>) => () => checkChallengeable({ ...job, ...change })
  expect(refused({})).not.toThrow()
  expect(refused({ state: 'opened' })).toThrow('cannot be challenged yet: its provider has not begun')
  expect(refused({ timestamp: 1_010 })).toThrow(`any more: that was possible until ${exactTime(1_010)}`)
  expect(refused({ challenged: true })).toThrow('cannot be challenged again: once is all')
  expect(refused({ state: 'redrawn', challengeUntil: undefined })).toThrow('only the first validators take challenges')
  expect(refused({ state: 'ended', challengeUntil: undefined })).toThrow('any more: it has ended')
  expect(refused({ state: 'submitted' })).toThrow('nobody drew validators in time')
})

test('who follows a job is told until when its validators may be given more to do', () => {
  const lease = { leaseId, terms: { index: 2 } }
  const waits = `validators run some tasks again, until ${exactTime(1_130)} at the latest`
  const challenge = `  until ${exactTime(1_010)} you may name others, for a bond: \`tender job challenge ${id} --tasks 2\``
  expect(stateLines(lease, job)).toEqual([waits, challenge])
  expect(stateLines(lease, { ...job, timestamp: 1_010 })).toEqual([waits])
  expect(stateLines(lease, { ...job, challenged: true })).toEqual([waits])
  expect(stateLines(lease, { ...job, state: 'ended' })).toEqual([])
})

test('only tasks of the lease are challenged', () => {
  const jobTerms = {
    tasks: 6,
    sample: 1,
    validators: 1,
    comparator: zeroHash,
    deadlineSeconds: 60,
    inputs: zeroHash,
    cancelFee: 0n,
    verifyFee: 0n,
  }
  const check = (tasks: number[]) => checkTasks(tasks, { replicas: 2 }, { jobTerms, leaseId, index: 1 })
  expect(() => check([1, 5])).not.toThrow()
  expect(() => check([1, 2, 7])).toThrow(
    expect.objectContaining({ message: `task 2, 7 is not of lease ${id}`, hint: 'It has 1, 3, 5.' }),
  )
})

test('a validator without a verdict is told plainly', () => {
  const none = new TenderError('there is no verdict', { code: 'unknownVerdict', class: 'notFound' })
  expect(silentWords(none, false)).toBe('drawn, and has not signed yet')
  expect(silentWords(none, true)).toBe('drawn, but had not signed before it was over')
  expect(silentWords(new Error('timeout'), false)).toBe('drawn, but cannot be reached now')
})

test('what is for services says of a job what to do instead', () => {
  const lease = { leaseId, name: 'darts' }
  expect(() => checkService({ ...lease, terms: { kind: kinds.service } })).not.toThrow()
  const isJob = { message: `darts (lease ${id}) is a job, and no service`, code: 'isJob', class: 'user' }
  expect(() => checkService({ ...lease, terms: { kind: kinds.job } }, (short) => `see ${short}`)).toThrow(
    expect.objectContaining({ ...isJob, hint: `see ${id}` }),
  )
})

test('a failed task is told with how it ended and what it wrote last', () => {
  const lines = ['a', 'b', 'c', 'd', 'e', 'f'].map((text) => ({ atMs: 0, stream: 'stdout' as const, text }))
  const log = { task: 4, end: 'exited with code 3', lines }
  expect(failureLines({ task: 4, exit: 3, log })).toEqual([
    'task 4 failed: exited with code 3',
    '  b',
    '  c',
    '  d',
    '  e',
    '  f',
  ])
  expect(failureLines({ task: 4, exit: 3, log: undefined })).toEqual(['task 4 failed: exit code 3'])
})
