import { createLog } from '@tender/kit'
import { expect, onTestFinished, test } from 'vitest'
import { createContactBook } from '../network/contactBook.ts'
import { describeStores } from '../testStores.ts'
import { createContactKeeper, readContacts } from './keepContacts.ts'
import { seenAvailability } from './testEnvelopes.ts'

const log = createLog({ name: 'test', level: 'silent' })
const NOW = 1_800_000_000

describeStores('where providers are', (stores) => {
  test('is known again after a restart, as each said it last, for an hour', async () => {
    const place = await stores.place()
    const first = await stores.open(place)
    const keeper = createContactKeeper(first, log)
    const stopping = new AbortController()
    onTestFinished(() => stopping.abort())
    keeper.seen(seenAvailability(9n, NOW - 3_601))
    keeper.seen(seenAvailability(7n, NOW - 100, 1))
    keeper.seen(seenAvailability(7n, NOW, 4107))
    keeper.seen(seenAvailability(8n, NOW - 50, 4108))
    const running = keeper.run(stopping.signal)
    stopping.abort()
    await running
    await first.close()

    const heard = await readContacts(await stores.open(place), 0)
    expect(heard).toEqual([seenAvailability(8n, NOW - 50, 4108), seenAvailability(7n, NOW, 4107)])
    const book = createContactBook([])
    for (const { envelope, seenAt } of heard) book.learn(envelope, seenAt)
    expect(book.knows({ host: '203.0.113.7', port: 4107 }, NOW)).toBe(true)
    expect(book.knows({ host: '203.0.113.7', port: 1 }, NOW)).toBe(false)
    expect(book.contactOf(8n)?.addresses).toEqual(['/ip4/203.0.113.7/tcp/4108'])
  })
})
