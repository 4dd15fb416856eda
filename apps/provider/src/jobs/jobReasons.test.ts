import type { Capabilities } from '@tender/driver'
import { jobTermsHash, jobTermsOf, kinds, marketDomain, type Order } from '@tender/protocol'
import { expect, test } from 'vitest'
import { address, brief, bytes32, orderOf } from '../testKit.ts'
import { type JobLimits, jobReasons } from './jobReasons.ts'

const limits: JobLimits = {
  domain: marketDomain({ chainId: 31_337, orderBook: address(8) }),
  contract: address(9),
  maxBundleBytes: 5_000,
  bytesFree: 8_000,
}
const terms = {
  tasks: 10,
  sample: 2,
  validators: 3,
  comparator: bytes32(0),
  deadlineSeconds: 7_200,
  cancelFee: '0',
  verifyFee: '500',
  inputs: bytes32(5),
}
const capabilities: Capabilities = {
  platforms: ['wasi/wasm'],
  shapes: ['command'],
  maxServices: 1,
  maxReplicas: 1,
  routing: false,
  containers: false,
  tasks: true,
}

function reasonsOf(
  over: { terms?: Partial<typeof terms>; bundleBytes?: number; order?: Partial<Order> } = {},
  tasks = true,
) {
  const job = { terms: { ...terms, ...over.terms }, bundleBytes: over.bundleBytes ?? 1_000 }
  const asked = { ...brief, job }
  const jobTerms = jobTermsOf(asked) ?? expect.fail()
  const hash = jobTermsHash(limits.domain, jobTerms)
  const order = orderOf({ kind: kinds.job, verifier: limits.contract, jobTerms: hash, ...over.order })
  return jobReasons(order, asked, limits, { ...capabilities, tasks }).map(({ rule }) => rule)
}

test('a good job is taken, and a service is no concern', () => {
  expect(reasonsOf()).toEqual([])
  expect(jobReasons(orderOf(), brief, limits, capabilities)).toEqual([])
})

test.each([
  ['jobTermsDiffer', { order: { jobTerms: bytes32(1) } }],
  ['kindDiffers', { order: { kind: kinds.service } }],
  ['verifierNotJobs', { order: { verifier: address(7) } }],
  ['deadlineTooShort', { order: { duration: 7_201 } }],
  ['tooFewTasks', { order: { replicas: 11 } }],
  ['deadline', { terms: { deadlineSeconds: 30 }, order: { duration: 30 } }],
  ['bundle', { bundleBytes: 5_001 }],
  ['verifyFee', { terms: { verifyFee: '0' } }],
])('%s is a reason against it', (rule, over) => {
  expect(reasonsOf(over)).toEqual([rule])
})

test('so are a driver without tasks, and a store that is full', () => {
  expect(reasonsOf({}, false)).toEqual(['tasks'])
  const job = { terms, bundleBytes: 10 }
  const asked = { ...brief, diskBytes: 8_001, job }
  const jobTerms = jobTermsHash(limits.domain, jobTermsOf(asked) ?? expect.fail())
  const order = orderOf({ kind: kinds.job, verifier: limits.contract, jobTerms })
  expect(jobReasons(order, asked, limits, capabilities).map(({ rule }) => rule)).toEqual(['store'])
})
