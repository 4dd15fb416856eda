import { createFakeContainerDriver, createFakeDriver } from '@tender/driver/fake'
import { expect, test } from 'vitest'
import { address, bytes32, openTestHost, termsOf } from '../testKit.ts'
import type { LeaseRecord } from './leaseRecord.ts'
import { createVolumeCheck } from './volumes.ts'

const chain = {
  start: 0,
  stop: 10,
  endsEarly: false,
  settledUntil: 0,
  secondsPaid: 0,
  startWindowSeconds: 60,
  maxSilenceSeconds: 0,
  byTime: true,
  resolved: true,
  released: true,
}

test('volumes are promised only while they are here, and only to the tenant who had them', async () => {
  const host = openTestHost({})
  const record: LeaseRecord = { version: 1, leaseId: bytes32(1), terms: termsOf(), phase: 'retired', chain }
  const leases = { get: (id: string) => (id === record.leaseId ? record : undefined) }
  const hasVolumesOf = createVolumeCheck(leases, [createFakeDriver(host), createFakeContainerDriver(host)])
  const { tenant } = record.terms
  expect(await hasVolumesOf(record.leaseId, tenant)).toBe(false)
  host.volumes.set(record.leaseId, new Map([['data', { sizeBytes: 1, files: new Map() }]]))
  expect(await hasVolumesOf(record.leaseId, tenant)).toBe(true)
  expect(await hasVolumesOf(record.leaseId, address(9))).toBe(false)
  expect(await hasVolumesOf(bytes32(2), tenant)).toBe(false)
})
