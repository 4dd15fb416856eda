import { marketDomain, NotFoundError } from '@tender/protocol'
import { type Address, type Hex, keccak256, toHex } from 'viem'
import { expect, test } from 'vitest'
import { createReportLibrary } from './reportLibrary.ts'

const reports: Address = `0x${'aa'.repeat(20)}`

/** A library whose parts come only when they are let through; then there are none. */
function createTestLibrary() {
  const waiting: (() => void)[] = []
  let most = 0
  async function part(hash: Hex): Promise<Uint8Array> {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    most = Math.max(most, waiting.length)
    await promise
    throw new NotFoundError(`no part ${hash}`, { code: 'unknownPart' })
  }
  const sources = () => ({
    domain: marketDomain({ chainId: 31_337, orderBook: reports }),
    reports,
    part,
    dataHashOf: async (era: bigint) => keccak256(toHex(era)),
  })
  return { library: createReportLibrary({ sources }), waiting, most: () => most }
}

const posted = (era: bigint) => ({
  ...{ type: 'posted' as const, block: 1, logIndex: 0, era, attempt: 0, round: 0, effectiveAt: 1 },
  ...{ coveredUntil: 1, root: keccak256('0x01'), dataHash: keccak256(toHex(era)), transaction: keccak256('0x02') },
})

test('however many eras are asked for at once, one is rebuilt at a time, and none for who has gone', async () => {
  const { library, waiting, most } = createTestLibrary()
  const gone = new AbortController()
  const never = new AbortController().signal
  const asked = [1n, 2n, 3n].map((era) => library.report(posted(era), era === 2n ? gone.signal : never))
  const ended = Promise.allSettled(asked)
  gone.abort()
  for (let rebuilt = 0; rebuilt < 2; rebuilt++) {
    await expect.poll(() => waiting.length).toBe(1)
    waiting.pop()?.()
  }
  const results = await ended
  const reasons = results.map((result) => (result.status === 'rejected' ? result.reason : undefined))
  expect(reasons).toMatchObject([{ code: 'unknownPart' }, { name: 'AbortError' }, { code: 'unknownPart' }])
  expect(most()).toBe(1)
})
