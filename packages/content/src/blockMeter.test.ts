import { expect, test } from 'vitest'
import { createBlockMeter } from './blockMeter.ts'

const [here, elsewhere] = [Uint8Array.of(1), Uint8Array.of(2)]
const signal = new AbortController().signal

test('counts the bytes of blocks that are given and that come, and nothing else', async () => {
  const meter = createBlockMeter()
  const store = meter.serving({ block: async (cid) => (cid === here ? new Uint8Array(7) : undefined) })
  expect(await store.block(here)).toHaveLength(7)
  expect(await store.block(elsewhere)).toBeUndefined()
  expect(meter.counts()).toEqual({ servedBytes: 7, fetchedBytes: 0 })

  const source = meter.fetching({
    async *blocks(cids) {
      for (const cid of cids) yield { cid, bytes: new Uint8Array(5) }
    },
  })
  const came = await Array.fromAsync(source.blocks([here, elsewhere], signal))
  expect(came.map(({ cid, bytes }) => [cid, bytes.byteLength])).toEqual([
    [here, 5],
    [elsewhere, 5],
  ])
  expect(meter.counts()).toEqual({ servedBytes: 7, fetchedBytes: 10 })
})
