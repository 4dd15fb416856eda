import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { soon, startHidden, startNode } from '../testNetwork.ts'
import { type IngressRequest, openIngress, serveIngress } from './ingress.ts'
import { keepPublished, publishLeases, serveRelayIngress } from './publish.ts'

const leases = ['11', '22', '33'].map((byte): Hex => `0x${byte.repeat(32)}`)
const [first, second, foreign] = leases as [Hex, Hex, Hex] // CAST: three were made
const place = { domain: 'relay.example', http: 80, https: 443 }

async function startRelay(asked: Hex[] = []) {
  const relay = await startNode({ relay: { guestPlaces: 1 } })
  const owns = async (lease: Hex, provider: bigint) => {
    asked.push(lease)
    return lease !== foreign && provider >= 400n
  }
  return { relay, published: await serveRelayIngress(relay, { ...place, owns }) }
}

test('public connections come from the relay where a lease was published, raw, with who asked for what', async () => {
  const { relay, published } = await startRelay()
  const provider = await startHidden(401n, relay)
  const seen: IngressRequest[] = []
  await serveIngress(provider, {
    async connect({ caller, ...request }) {
      expect(caller.publicKey).toBe(relay.publicKey)
      seen.push(request)
      return new PassThrough()
    },
  })
  expect(await publishLeases(provider, relay.contact(), { leases: [first] }, soon())).toEqual(place)
  const found = published.find(first)
  expect(found?.publicKey).toBe(provider.publicKey)
  expect(published.find(second)).toBeUndefined()
  const request = { lease: first, host: 'abc.relay.example', secure: true, clientAddress: '203.0.113.7' }
  if (!found) throw new Error('not found')
  const connection = await openIngress(relay, found, request, soon())
  connection.end('GET / HTTP/1.1')
  expect(await text(connection)).toBe('GET / HTTP/1.1')
  expect(seen).toEqual([request])
})

test('what is not theirs, or comes from somebody without a place, is not published', async () => {
  const { relay, published } = await startRelay()
  const provider = await startHidden(402n, relay)
  const publish = (node: typeof provider, wanted: Hex[]) =>
    publishLeases(node, relay.contact(), { leases: wanted }, soon())
  await expect(publish(provider, [first, foreign])).rejects.toMatchObject({ code: 'notYourLease' })
  const [stranger, guest] = [await startNode(), await startHidden(0n, relay)]
  await expect(publish(stranger, [first])).rejects.toMatchObject({ code: 'notOperator' })
  await expect(publish(guest, [first])).rejects.toMatchObject({ code: 'notYourLease' })
  const visitor = await startHidden(403n, (await startRelay()).relay)
  await expect(publish(visitor, [first])).rejects.toMatchObject({ code: 'notReserved' })
  expect(published.leases()).toEqual([])
})

test('nobody but a relay of its own brings a provider connections', async () => {
  const { relay } = await startRelay()
  const provider = await startHidden(404n, relay)
  await serveIngress(provider, { connect: async () => new PassThrough() })
  const request = { lease: first, host: 'abc', secure: false, clientAddress: '::1' }
  const other = await startNode({ relay: {} })
  await expect(openIngress(other, provider.contact(), request, soon())).rejects.toMatchObject({ code: 'notARelay' })
})

test('a provider keeps its leases published: when they change, and when the relay comes back', async () => {
  const asked: Hex[] = []
  const { relay, published } = await startRelay(asked)
  const addresses = relay.addresses().map((address) => address.replace(/\/p2p\/.*/, ''))
  const provider = await startHidden(405n, relay)
  const stop = new AbortController()
  const publisher = keepPublished(provider, stop.signal)
  publisher.set([first])
  await expect.poll(() => published.leases()).toEqual([first])
  await expect.poll(() => publisher.domains()).toEqual([{ relay: relay.publicKey, ...place }])
  publisher.set([first, second])
  await expect.poll(() => published.leases()).toEqual([first, second])
  expect(asked).toEqual([first, second])

  await relay.stop()
  await expect.poll(() => publisher.domains()).toEqual([])
  expect(published.find(first)).toBeUndefined()
  const back = await startNode({ privateKey: relay.privateKey, listen: addresses, relay: {} })
  const again = await serveRelayIngress(back, { ...place, owns: async () => true })
  await expect.poll(() => again.leases()).toEqual([first, second])
  await provider.stop()
  await expect.poll(() => again.find(first)).toBeUndefined()
  stop.abort()
})
