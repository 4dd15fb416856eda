import { type ManifestSink, serveManifests } from '@tender/network'
import { manifest, soon, startNode } from '@tender/network/testNetwork'
import { manifestHash, type Terms } from '@tender/protocol'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { deliver } from './deliver.ts'
import type { TenantLease } from './records.ts'

const leaseId: Hex = `0x${'77'.repeat(32)}`

test('a provider that has not seen the block with the lease yet is asked again', async () => {
  const [agent, provider] = [await startNode(), await startNode()]
  const found = { tenant: agent.address, agent: agent.address, manifest: manifestHash(manifest) }
  let asked = 0
  const sink: ManifestSink = {
    find: async () => (++asked > 1 ? found : undefined),
    async remember() {},
    maxBytes: 1024,
    hasBlob: async () => true,
    async storeBlob() {},
    accept: async () => ({ url: 'http://x.localhost' }),
  }
  await serveManifests(provider, sink)
  const { publicKey, addresses } = provider.contact()
  const kept: TenantLease[] = []
  const records = { leases: { put: async (_: string, lease: TenantLease) => void kept.push(lease) } }
  // CAST: nothing else of the records and terms is asked for here
  const sources = { readFile: () => [], readSecret: async () => new Uint8Array() }
  const tenant = { node: agent, records, sources } as unknown as Parameters<typeof deliver>[0]
  const terms = {} as Terms // CAST: see above
  const lease: TenantLease = {
    version: 1,
    leaseId,
    name: 'hello',
    terms,
    provider: { publicKey, addresses: [...addresses] },
  }
  const delivered = await deliver(tenant, { manifest, files: {} }, lease, () => {}, soon())
  expect(delivered).toMatchObject({ leaseId, url: 'http://x.localhost' })
  expect({ asked, kept }).toEqual({ asked: 2, kept: [delivered] })
})
