import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { TimedOutError, UnreachableError } from '@tender/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { ApiError } from './apiError.ts'
import { createApiClient, eachItem } from './client.ts'
import { createEventParser } from './eventStream.ts'
import { routes } from './routes.ts'
import type { LiveEvent } from './schemas/event.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/** A client of a server that answers like this. */
async function clientOf(listener: RequestListener, options = {}) {
  const started = createServer(listener).listen(0, '127.0.0.1')
  server = started
  await once(started, 'listening')
  const address = started.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return createApiClient({ baseUrl: `http://127.0.0.1:${port}`, ...options })
}
const json =
  (value: unknown, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

describe('a client', () => {
  test('has a method for each route, and puts what it is given into path, query and body', async () => {
    const asked: unknown[] = []
    const client = await clientOf(
      async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        asked.push([request.method, request.url, request.headers.authorization, body])
        json({ done: true })(request, response)
      },
      { token: 'tender_x' },
    )
    expect(Object.keys(client).sort()).toEqual([...Object.keys(routes), 'events'].sort())
    await client.revokeToken({ id: 'a/b c' })
    const refused = { code: 'badAnswer' }
    await expect(client.listLeases({ state: 'running', limit: 3 })).rejects.toMatchObject(refused)
    await expect(client.updateDraft({ id: 'abcdefgh', name: 'n', compose: 'c' })).rejects.toMatchObject(refused)
    const token = 'Bearer tender_x'
    expect(asked).toEqual([
      ['DELETE', '/v1/auth/tokens/a%2Fb%20c', token, ''],
      ['GET', '/v1/leases?state=running&limit=3', token, ''],
      ['PUT', '/v1/me/drafts/abcdefgh', token, '{"name":"n","compose":"c"}'],
    ])
  })

  test('gives amounts as bigints', async () => {
    const price = { price: '5', at: 1, tx: `0x${'00'.repeat(32)}`, block: 1 }
    const asset = `0x${'00'.repeat(20)}`
    const prices = [{ asset, reference: '340282366920938463463374607431768211455', matches: 1, since: 1, last: price }]
    const told = {
      id: price.tx,
      name: 'cu',
      listed: true,
      stakePerUnit: '7',
      committedUnits: 1,
      leasedUnits: 0,
      providers: 1,
    }
    const client = await clientOf(json({ ...told, prices, tx: price.tx, block: 1 }))
    const found = await client.getClass({ name: 'cu' })
    expect([found.stakePerUnit, found.prices[0]?.reference]).toEqual([7n, 2n ** 128n - 1n])
  })

  test('walks pages until there is none, and stops asking when its reader does', async () => {
    const cursors: unknown[] = []
    const list = async ({ cursor }: { cursor?: string }) => {
      cursors.push(cursor)
      const at = Number(cursor ?? 0)
      return { items: [at, at + 1], next: at < 4 ? String(at + 2) : null }
    }
    const all: number[] = []
    for await (const item of eachItem(list, {})) all.push(item)
    expect([all, cursors]).toEqual([
      [0, 1, 2, 3, 4, 5],
      [undefined, '2', '4'],
    ])
    for await (const _ of eachItem(list, {})) break
    expect(cursors).toHaveLength(4)
  })

  test('throws what the gateway says, with the class of its status', async () => {
    const problem = { type: 'x', title: 'Not found', status: 404, detail: 'there is no lease', code: 'unknownLease' }
    const client = await clientOf(json({ ...problem, hint: 'Look again.' }, 404))
    const error = await client.listMonitors().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ code: 'unknownLease', class: 'notFound', status: 404, hint: 'Look again.' })
  })

  test.each([
    ['no JSON', (_: unknown, response: { end(text: string): unknown }) => response.end('<html>')],
    ['a failure that is no problem', json({ error: 'x' }, 500)],
    ['another shape', json({ items: 'all' })],
  ] as [string, RequestListener][])('refuses %s', async (_, listener) => {
    const client = await clientOf(listener)
    await expect(client.listMonitors()).rejects.toMatchObject({ code: 'badAnswer', class: 'network' })
  })

  test('does not wait for ever, nor longer than its caller', async () => {
    const client = await clientOf(() => {}, { timeoutMs: 20 })
    await expect(client.listMonitors()).rejects.toThrow(TimedOutError)
    const reason = new Error('enough')
    await expect(client.listMonitors({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const nobody = createApiClient({ baseUrl: 'http://127.0.0.1:1' })
    await expect(nobody.listMonitors()).rejects.toThrow(UnreachableError)
  })
})

describe('live updates', () => {
  const block = (id: number): LiveEvent => ({
    topic: 'block',
    id: String(id),
    data: { number: id, hash: `0x${'ab'.repeat(32)}`, timestamp: id },
  })

  test('go on after the last one when the line is lost, and leave out what is not known', async () => {
    const asked: unknown[] = []
    const client = await clientOf((request, response) => {
      asked.push(request.headers['last-event-id'])
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const id = asked.length * 2
      for (const event of [block(id), { topic: 'later', id: 'x' }, block(id + 1)]) {
        response.write(`id: 1\ndata: ${JSON.stringify(event)}\n\n`)
      }
      response.end()
    })
    const seen: string[] = []
    const states: string[] = []
    for await (const event of client.events({ onState: (state) => states.push(state) })) {
      seen.push(event.id)
      if (seen.length === 4) break
    }
    expect([seen, asked]).toEqual([
      ['2', '3', '4', '5'],
      [undefined, '3'],
    ])
    expect(states).toEqual(['open', 'lost', 'open'])
  })

  test('end for good where asking again would not help, and with their signal', async () => {
    const problem = { type: 'x', title: 't', status: 400, detail: 'd', code: 'invalidInput' }
    const client = await clientOf(json(problem, 400))
    await expect(client.events().next()).rejects.toMatchObject({ code: 'invalidInput' })
    expect(await client.events({ signal: AbortSignal.abort() }).next()).toEqual({ done: true, value: undefined })
  })

  test('are read whatever way the text is cut', () => {
    const text = ': hello\n\nid: 1\r\nevent: x\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata:second\n\ndata: cut'
    for (let size = 1; size < text.length; size++) {
      const parser = createEventParser()
      const events: string[] = []
      for (let at = 0; at < text.length; at += size) events.push(...parser(text.slice(at, at + size)))
      expect(events).toEqual(['{"a":\n1}', 'second'])
    }
    const parser = createEventParser()
    expect(() => parser(`data: ${'x'.repeat(2 ** 20)}`)).toThrow(UnreachableError)
  })
})
