import { createNetworkNode, type NetworkNode, verifyKeySignature } from '@tender/network'
import { countryId, type Dialable } from '@tender/protocol'
import type { Address } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, onTestFinished, test } from 'vitest'
import { findPeer } from './findPeer.ts'

// CAST: 20 bytes
const market = { chainId: 31_337, orderBook: `0x${'ab'.repeat(20)}` as Address }
const operator = privateKeyToAccount(generatePrivateKey())
const nowSeconds = () => Math.floor(Date.now() / 1000)
const soon = () => AbortSignal.timeout(30_000)

async function startNode(privateKey = generatePrivateKey(), bootstrap: readonly string[] = []): Promise<NetworkNode> {
  const node = await createNetworkNode({
    privateKey,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap,
    market,
    verifySignature: verifyKeySignature,
    providerOf: async (address) => (address === operatorNow.address ? 7n : undefined),
    nowSeconds,
    log: () => {},
  })
  onTestFinished(() => node.stop())
  await node.start()
  return node
}

let operatorNow = operator

test('a provider that moved, and has another key now, is found by what it announces', async () => {
  const [oldKey, newKey] = [generatePrivateKey(), generatePrivateKey()]
  operatorNow = privateKeyToAccount(newKey)
  const { publicKey } = await startNode(oldKey)
  const [hub, moved] = [await startNode(), await startNode(newKey)]
  const tenant = await startNode(generatePrivateKey(), hub.addresses())
  await moved.dial(hub.contact(), soon())
  const known: Dialable = { publicKey, addresses: ['/ip4/127.0.0.1/tcp/1'] }
  const finding = findPeer(tenant, { provider: 7n, known, bootstrap: [] }, soon())

  await moved.availability.ready({ signal: soon() })
  await tenant.availability.ready({ signal: soon() })
  const issuedAt = nowSeconds()
  const availability = {
    provider: 7n,
    issuedAt,
    expiry: issuedAt + 60,
    country: countryId('DE'),
    drivers: ['wasm'],
    resources: [],
  }
  await moved.availability.publish({ availability }, soon())
  expect(await finding).toEqual({ publicKey: moved.publicKey, addresses: moved.addresses() })
})

test('a provider that comes back where it was is found there', async () => {
  const key = generatePrivateKey()
  operatorNow = privateKeyToAccount(key)
  const back = await startNode(key)
  const tenant = await startNode()
  const sought = { provider: 7n, known: back.contact(), bootstrap: [] }
  expect(await findPeer(tenant, sought, soon())).toEqual(back.contact())
})

test('whoever stops looking is not held up', async () => {
  const tenant = await startNode()
  const controller = new AbortController()
  const known: Dialable = { publicKey: tenant.publicKey, addresses: [] }
  const elsewhere = await startNode()
  const finding = findPeer(
    elsewhere,
    { provider: 7n, known: { ...known, addresses: ['/ip4/127.0.0.1/tcp/1'] }, bootstrap: [] },
    controller.signal,
  )
  controller.abort(new Error('stopped'))
  await expect(finding).rejects.toThrow('stopped')
})
