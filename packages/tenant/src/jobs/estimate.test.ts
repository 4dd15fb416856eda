import { chanceToCatch } from '@tender/protocol'
import { expect, test } from 'vitest'
import { estimateJob } from './estimate.ts'

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
