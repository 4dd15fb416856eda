import { expect, test } from 'vitest'
import { NOW, soon, startNode } from '../testNetwork.ts'
import { askPing, servePings } from './ping.ts'

test('a peer says that it is there and what its clock says; one that is gone does not', async () => {
  const [one, other] = [await startNode(), await startNode({ nowSeconds: () => NOW + 180.5 })]
  await servePings(other)
  const { at, tookMs } = await askPing(one, other.contact(), soon())
  expect(at).toBe(NOW + 180)
  expect(tookMs).toBeGreaterThan(0)
  const contact = other.contact()
  await other.stop()
  await expect(askPing(one, contact, soon())).rejects.toMatchObject({ class: 'network' })
})
