import { createFakeContainerDriver } from '@tender/driver/fake'
import { type Manifest, seal } from '@tender/protocol'
import { bytesToHex, type Hex, stringToBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { compressedKeyOf } from '../testKeys.ts'
import { bytes32, manifestOf, never, openTestHost, termsOf } from '../testKit.ts'
import type { LeaseRecord } from './leaseRecord.ts'
import { specOf } from './specOf.ts'

const privateKey = bytes32(77)
const leaseId = bytes32(9)
const blobs = { path: (sha256: string) => `/blobs/${sha256}` }
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
const resource = bytesToHex(stringToBytes('gpu.nvidia.h200-141gb'), { size: 32 })
const record: LeaseRecord = { version: 1, leaseId, terms: termsOf(), phase: 'accepted', chain }
const withSecret: Manifest = manifestOf(bytes32(1), {
  container: { secrets: [{ name: 'token', path: '/run/secrets/token', mode: 0o400 }] },
})

function place(live: LeaseRecord[] = []) {
  const changes: object[] = []
  const leases = {
    get: (id: Hex) => live.find((lease) => lease.leaseId === id),
    live: () => live,
    update: (_id: Hex, change: object) => void changes.push(change),
    open: async () => {},
    refresh: async () => {},
  }
  const host = openTestHost({})
  return {
    changes,
    host,
    driver: createFakeContainerDriver(host),
    options: { leases, blobs, privateKey, cardsOfJobs: () => [] },
  }
}

async function sealed(context = `secret:${leaseId}:token`): Promise<Record<string, Hex>> {
  const to = compressedKeyOf(privateKeyToAccount(privateKey))
  return { token: bytesToHex(await seal({ to, context, bytes: stringToBytes('hunter2') })) }
}

test('secrets are in clear only in what the driver gets', async () => {
  const { driver, options } = place()
  const spec = await specOf(
    record,
    { revision: 0, manifest: withSecret, secrets: await sealed() },
    driver,
    options,
    never,
  )
  const [secret] = spec.services[0]?.secrets ?? []
  expect(secret).toMatchObject({ path: '/run/secrets/token', mode: 0o400 })
  expect(Buffer.from(secret?.content ?? []).toString()).toBe('hunter2')
})

test.each([
  ['did not come', {}],
  ['is of another lease', undefined],
])('a secret that %s is for its tenant to send again', async (_, given) => {
  const { driver, options } = place()
  const secrets = given ?? (await sealed(`secret:${bytes32(8)}:token`))
  const made = specOf(record, { revision: 0, manifest: withSecret, secrets }, driver, options, never)
  await expect(made).rejects.toMatchObject({ code: 'secretMissing', class: 'user', data: { name: 'token' } })
})

test('each lease has cards of its own, the same when it is started again', async () => {
  const gpu = (number: number) => ({
    id: `GPU-${number}`,
    resource: 'gpu.nvidia.h200-141gb',
    memoryBytes: 1,
    driverVersion: '1',
  })
  const other: LeaseRecord = { ...record, leaseId: bytes32(8), phase: 'running', gpus: ['GPU-1'] }
  const { driver, host, options, changes } = place([other])
  if (!host.report.healthy) throw new Error('it is')
  host.report = { ...host.report, gpus: [gpu(1), gpu(2), gpu(3)] }
  const manifest = manifestOf(bytes32(1))
  const version = { revision: 0, manifest: { ...manifest, brief: { ...manifest.brief, gpu: 'h200' } }, secrets: {} }
  const asking = (units: number, more: Partial<LeaseRecord> = {}) =>
    specOf({ ...record, terms: termsOf({ resource, units }), ...more }, version, driver, options, never)
  expect((await asking(2)).gpus).toEqual(['GPU-2', 'GPU-3'])
  expect(changes).toEqual([{ gpus: ['GPU-2', 'GPU-3'] }])
  expect((await asking(1, { gpus: ['GPU-3'] })).gpus).toEqual(['GPU-3'])
  await expect(asking(3)).rejects.toMatchObject({ code: 'noFreeGpu', class: 'provider' })
})
