import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { checkWebhookUrl, postWebhook } from './webhook.ts'

const signal = new AbortController().signal

/** Answers with each of the codes in turn, the last one for ever. */
async function receiver(...codes: number[]) {
  const taken: { headers: IncomingMessage['headers']; body: string }[] = []
  const server = createServer(async (request, response) => {
    taken.push({ headers: request.headers, body: await text(request) })
    const code = codes.length > 1 ? codes.shift() : codes[0]
    response.writeHead(code ?? 200, { location: 'http://127.0.0.1:1/' }).end()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `http://127.0.0.1:${port}/hook?token=secret`, taken }
}

test('what is posted is signed, and says which event it is', async () => {
  const { url, taken } = await receiver(204)
  await postWebhook({ url, secret: 'very secret' }, { id: 'one', body: { event: 'ended', lease: '0x1' } }, signal)
  const [first] = taken
  expect(first?.body).toBe('{"event":"ended","lease":"0x1"}')
  const timestamp = String(first?.headers['tender-timestamp'])
  const expected = createHmac('sha256', 'very secret').update(`${timestamp}.${first?.body}`).digest('hex')
  expect(first?.headers).toMatchObject({
    'content-type': 'application/json',
    'tender-event-id': 'one',
    'tender-signature': `sha256=${expected}`,
  })
})

test('trouble is tried again with the same id, a refusal is not, and nothing is followed', async () => {
  const troubled = await receiver(503, 429, 200)
  await postWebhook({ url: troubled.url }, { id: 'one', body: {} }, signal)
  expect(troubled.taken.map(({ headers }) => headers['tender-event-id'])).toEqual(['one', 'one', 'one'])
  expect(troubled.taken[0]?.headers['tender-signature']).toBeUndefined()
  for (const code of [404, 302]) {
    const refusing = await receiver(code)
    const posting = postWebhook({ url: refusing.url }, { id: 'one', body: {} }, signal)
    await expect(posting).rejects.toMatchObject({
      code: 'webhookRefused',
      message: expect.not.stringContaining('token'),
    })
    expect(refusing.taken).toHaveLength(1)
  }
})

test('only an address that can be posted to is one', () => {
  expect(checkWebhookUrl('https://example.org/hook')).toBe('https://example.org/hook')
  for (const wrong of ['', 'example.org', 'file:///etc/passwd', 'ftp://x']) {
    expect(() => checkWebhookUrl(wrong), wrong).toThrow(expect.objectContaining({ class: 'user' }))
  }
})
