import { randomBytes } from 'node:crypto'
import { openContentStore } from './store.ts'

// A process of its own that puts into a store, pins and collects until it is killed; it says what it has pinned.

const [dir] = process.argv.slice(2)
if (!dir) throw new Error('which directory?')
const store = openContentStore(dir, { bytes: 1e9 })
const signal = AbortSignal.timeout(60_000)
for (let round = 0; !signal.aborted; round++) {
  await store.writing(async () => {
    const cid = await store.putTree({ a: randomBytes(1_500_000), b: { c: randomBytes(20_000) } })
    const name = `round:${round}`
    await store.pin(name, cid, signal)
    process.send?.({ name, cid: cid.toString() })
  })
  if (round >= 4) store.unpin(`round:${round - 4}`)
  await store.collectGarbage(signal)
}
