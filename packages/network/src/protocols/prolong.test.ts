import { type Extend, marketDomain, messageHash } from '@tender/protocol'
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { bookOf, market, NOW, soon, startNode } from '../testNetwork.ts'
import { type Prolongation, sendExtend, serveExtends } from './prolong.ts'

const lease: Hex = `0x${'88'.repeat(32)}`

test('a provider keeps what the tenant signed for this lease, nothing else', async () => {
  const [agent, provider] = [await startNode(), await startNode()]
  const tenant = privateKeyToAccount(generatePrivateKey())
  const kept: Prolongation[] = []
  await serveExtends(provider, {
    ...bookOf(agent, lease),
    find: async () => ({ tenant: tenant.address, agent: agent.address, manifest: lease }),
    keepExtend: async (_lease, prolongation) => void kept.push(prolongation),
  })
  const permission: Extend = { lease, latestEnd: NOW + 86_400, maxAmount: 10n ** 20n, expiry: NOW + 3600 }
  const send = async (change: Partial<Extend> = {}, by = tenant) => {
    const changed = { ...permission, ...change }
    const signature = await by.sign({ hash: messageHash(marketDomain(market), 'Extend', changed) })
    const request = { lease, permission: changed, signature, runwaySeconds: 7200 }
    await sendExtend(agent, provider.contact(), request, soon())
    return request
  }
  const { permission: sent, signature, runwaySeconds } = await send()
  expect(kept).toEqual([{ permission: sent, signature, runwaySeconds }])
  await expect(send({ lease: `0x${'99'.repeat(32)}` })).rejects.toMatchObject({ code: 'badPermission' })
  const somebody = privateKeyToAccount(generatePrivateKey())
  await expect(send({}, somebody)).rejects.toMatchObject({ code: 'badPermission', class: 'denied' })
  expect(kept).toHaveLength(1)
})
