import { chanceToCatch } from '@tender/protocol'
import { testBrief, testOrder } from '@tender/protocol/testOrder'
import { zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { describeJob, estimateJob, termsOfPlan } from './estimate.ts'
import type { JobPlan } from './planJob.ts'

const order = { maxPrice: 50_000n, units: 2, duration: 600, replicas: 1 }
const terms = { tasks: 50, sample: 5, validators: 3, verifyFee: 3_000n, deadlineSeconds: 1_800 }
const estimate = (over: Partial<typeof order> = {}, job: Partial<typeof terms> = {}) =>
  // CAST: nothing else is looked at
  estimateJob(
    { ...order, ...over } as Parameters<typeof estimateJob>[0],
    { ...terms, ...job } as Parameters<typeof estimateJob>[1],
  )

test('a job costs its machine time and the validators of each lease at most', () => {
  expect(estimate()).toMatchObject({ machineTime: 16_667n, verifying: 3_000n, most: 19_667n })
  expect(estimate({ replicas: 3 })).toMatchObject({ machineTime: 50_001n, verifying: 9_000n, most: 59_001n })
})

test('says how likely a provider is caught that cheats on a fifth of its tasks', () => {
  const { cheated, caught } = estimate()
  expect(cheated).toBe(10)
  // As worked out in docs/jobs.md.
  expect(caught).toBeCloseTo(0.689, 3)
  expect(caught).toBe(chanceToCatch({ tasks: 50, cheated: 10, sample: 5 }).exact)
})

test('leases that share tasks are looked at each by itself', () => {
  expect(estimate({ replicas: 3 })).toMatchObject({ tasksOfLease: 17, cheated: 3 })
})

test('cheating is never on less than one task, and a sample of all finds it', () => {
  expect(estimate({}, { tasks: 2, sample: 2 })).toMatchObject({ cheated: 1, caught: 1 })
})

const asset = { address: zeroAddress, name: 'Test dollar', symbol: 'USDC', decimals: 6 }
const jobTerms = { ...terms, comparator: zeroHash, inputs: zeroHash, cancelFee: '0', verifyFee: '3000' }

const planOf = (over: Partial<typeof jobTerms>, rounded?: string) =>
  // CAST: nothing else of it is looked at
  ({
    ...{ name: 'render', rounded, bundle: { bytes: 2048 } },
    manifest: { brief: { ...testBrief, job: { terms: { ...jobTerms, ...over }, bundleBytes: 2048 } } },
  }) as unknown as JobPlan

test('a job is told with what it costs and what that buys', () => {
  expect(describeJob(planOf({}), testOrder({ ...order, replicas: 3 }), asset)).toEqual([
    'render: 50 tasks, shared by 3 leases; 2 CU each, at most 0.05 USDC/h for each unit',
    '  takes 10m of machine time for each lease; the results have to be there 30m after the match',
    '  providers fetch 2 KiB from here, so this has to stay open until they have it',
    '  3 validators run 5 of the 17 tasks of a lease again: that catches a provider that cheats on 3 of them with 68 %',
    '  costs 0.059001 USDC at most: 0.050001 USDC for the machines, and 0.009 USDC for verifying (17.9 % on top)',
  ])
})

test('of few tasks all are run again, and machines may cost nothing', () => {
  const plan = planOf({ tasks: 2, validators: 1 }, 'rounded up to 2 CU')
  const [what, rounded, , , verified, costs] = describeJob(plan, testOrder({ ...order, maxPrice: 0n }), asset)
  expect([what, rounded]).toEqual([
    'render: 2 tasks; 2 CU each, at most 0 USDC/h for each unit',
    '  rounded up to 2 CU',
  ])
  expect(verified).toMatch(/^ {2}1 validator runs 2 of the 2 tasks .* cheats on 1 of them with 100 %$/)
  expect(costs).toMatch(/\(the machines cost nothing\)$/)
})

test('a service has no terms of a job', () => {
  // CAST: nothing else of it is looked at
  const service = { manifest: { brief: testBrief } } as JobPlan
  expect(() => termsOfPlan(service)).toThrow(expect.objectContaining({ code: 'noJob', class: 'internal' }))
})
