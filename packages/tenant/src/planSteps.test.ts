import type { Manifest } from '@tender/protocol'
import { testBrief, testOrder } from '@tender/protocol/testOrder'
import { numberToHex, zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import type { Plan } from './plan.ts'
import { planSteps } from './planSteps.ts'
import type { OrderRecord, TenantLease } from './records.ts'

const asset = { address: zeroAddress, name: 'Test dollar', symbol: 'USDC', decimals: 6 }
const verifier = `0x${'11'.repeat(20)}` as const
const order = testOrder({ uptimeBps: 9_900, verifier, replicas: 1 })

const image = { kind: 'registry', reference: 'docker.io/library/nginx:1.29' } as const
const sizes = { cpuMillis: 500, memoryBytes: 1024, replicas: 1 }
const manifestOf = (...args: string[]): Manifest => ({
  version: 2,
  brief: testBrief,
  services: [{ name: 'web', image, args, env: {}, ports: [], ...sizes }],
  volumes: [],
  salt: zeroHash,
})
const planOf = (manifest: Manifest, uptimeBps?: number): Pick<Plan, 'manifest' | 'tender'> => ({
  manifest,
  // CAST: nothing else of it is looked at
  tender: { uptimeBps } as Plan['tender'],
})
// CAST: nothing else of them is looked at
const lease = (index: number, change: Partial<TenantLease> = {}) =>
  ({ leaseId: numberToHex(index, { size: 32 }), ...change }) as TenantLease
const record = { order, manifest: manifestOf() } as OrderRecord
const pendingOf = (manifest: Manifest) => ({ revision: 1, manifest, files: {} })
const options = { asset, always: false }

test('leases of all orders count, the latest first; what is missing is ordered, what is too many closed', () => {
  const older = { ...record, name: 'older' }
  const earlier = [
    { record, leases: [lease(1)] },
    { record: older, leases: [lease(2)] },
  ]
  const plan = planOf(manifestOf())
  const kept = { kind: 'none', lines: [] }
  expect(planSteps(plan, { ...order, replicas: 3 }, earlier, options)).toEqual({
    leases: [
      { record, lease: lease(1), ...kept },
      { record: older, lease: lease(2), ...kept },
    ],
    missing: 1,
  })
  expect(planSteps(plan, order, earlier, options)).toEqual({
    leases: [
      { record, lease: lease(1), ...kept },
      { record: older, lease: lease(2), kind: 'close', lines: ['is not asked for any more'] },
    ],
    missing: 0,
  })
})

/** What becomes of one lease. */
const stepOf = (plan: Pick<Plan, 'manifest' | 'tender'>, one: TenantLease, change: object = {}, wanted = order) =>
  planSteps(plan, wanted, [{ record, leases: [one] }], { ...options, ...change }).leases[0]

test('what differs is updated, or replaced if that is asked for', () => {
  const wanted = planOf(manifestOf('serve'))
  expect(stepOf(wanted, lease(1))).toMatchObject({ kind: 'update', lines: ['web: command changed'] })
  expect(stepOf(wanted, lease(1), { replace: true })).toMatchObject({
    kind: 'replace',
    lines: ['web: command changed'],
  })
  expect(stepOf(wanted, lease(1, { manifest: manifestOf('serve') }))).toMatchObject({ kind: 'none' })
  expect(stepOf(planOf(manifestOf()), lease(1), { always: true })).toMatchObject({ kind: 'update' })
})

test('an update that was cut off goes on, and one to something else is sent whatever runs', () => {
  const wanted = planOf(manifestOf('serve'))
  const cutOff = { kind: 'update', lines: ['an update of it was cut off: it goes on'] }
  expect(stepOf(wanted, lease(1, { pending: pendingOf(manifestOf('serve')) }))).toMatchObject(cutOff)
  const again = { manifest: manifestOf('serve'), pending: pendingOf(manifestOf('serve')) }
  expect(stepOf(wanted, lease(1, again))).toMatchObject(cutOff)
  expect(stepOf(planOf(manifestOf()), lease(1, { pending: pendingOf(manifestOf('other')) }))).toMatchObject({
    ...{ kind: 'update', lines: ['nothing changed but, perhaps, secrets'] },
  })
})

test('a lease stays monitored as it was, unless the file says otherwise', () => {
  const without = { ...order, uptimeBps: 0, verifier: zeroAddress }
  expect(stepOf(planOf(manifestOf()), lease(1), {}, without)).toMatchObject({ kind: 'none' })
  expect(stepOf(planOf(manifestOf(), 0), lease(1), {}, without)).toMatchObject({ kind: 'replace' })
})
