import { marketDomain, messageHash, NotFoundError, type Rating, type SignedRating } from '@tender/protocol'
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { market, soon, startNode } from '../testNetwork.ts'
import { sendRating, serveRatings } from './ratings.ts'

const lease: Hex = `0x${'61'.repeat(32)}`

test('a monitor keeps what the tenant signed, whoever brings it, and nothing else', async () => {
  const [bringer, monitor] = [await startNode(), await startNode()]
  const kept: SignedRating[] = []
  await serveRatings(monitor, async (rating) => {
    if (rating.rating.lease !== lease) throw new NotFoundError('no such lease', { code: 'unknownLease' })
    kept.push(rating)
  })
  const [tenant, somebody] = [privateKeyToAccount(generatePrivateKey()), privateKeyToAccount(generatePrivateKey())]
  const send = async (rating: Rating, by = tenant) => {
    const signature = await by.sign({ hash: messageHash(marketDomain(market), 'Rating', rating) })
    const signed = { rating, tenant: tenant.address, signature }
    await sendRating(bringer, monitor.contact(), signed, soon())
    return signed
  }
  const signed = await send({ lease, stars: 4 })
  expect(kept).toEqual([signed])
  await expect(send({ lease, stars: 1 }, somebody)).rejects.toMatchObject({ code: 'badSignature', class: 'denied' })
  const changed = { ...signed, rating: { lease, stars: 1 } }
  await expect(sendRating(bringer, monitor.contact(), changed, soon())).rejects.toMatchObject({ code: 'badSignature' })
  await expect(send({ lease: `0x${'62'.repeat(32)}`, stars: 4 })).rejects.toMatchObject({ code: 'unknownLease' })
  await expect(send({ lease, stars: 6 })).rejects.toThrow()
  expect(kept).toHaveLength(1)
})
