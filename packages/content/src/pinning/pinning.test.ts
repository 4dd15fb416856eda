import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore, plenty, soon } from '../testContent.ts'
import { kuboPinning } from './kubo.ts'
import { pinningApi } from './pinningApi.ts'

// Servers here follow the published descriptions of the two interfaces; the one of Kubo reads the CAR file into a store of its own.

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // CAST: it listens on TCP
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const urlOf = (request: IncomingMessage) => new URL(request.url ?? '', 'http://x')

/** Kubo's `dag/import`, `pin/ls` and `pin/rm`. */
async function startKubo() {
  const store = openStore()
  const url = await serve(async (request, response) => {
    const { pathname, searchParams } = urlOf(request)
    const fail = (Message: string) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ Message, Code: 0, Type: 'error' }))
    }
    if (request.method !== 'POST') return void response.writeHead(405).end()
    const arg = searchParams.get('arg') ?? ''
    const isPinned = store.pins().some(({ name }) => name === arg)
    if (pathname === '/api/v0/dag/import') {
      const form = await new Response(new Uint8Array(await buffer(request)), {
        headers: { 'content-type': request.headers['content-type'] ?? '' },
      }).formData()
      const file = form.get('path')
      if (!(file instanceof File)) return fail('no file')
      const roots = await store.importCar([new Uint8Array(await file.arrayBuffer())], plenty, soon())
      for (const root of roots) {
        await store.pin(root.toString(), root, soon())
        response.write(`${JSON.stringify({ Root: { Cid: { '/': root.toString() }, PinErrorMsg: '' } })}\n`)
      }
      return void response.end()
    }
    if (!isPinned) return fail(`path '/ipfs/${arg}' is not pinned`)
    if (pathname === '/api/v0/pin/ls')
      return void response.end(JSON.stringify({ Keys: { [arg]: { Type: 'recursive' } } }))
    if (pathname !== '/api/v0/pin/rm') return void response.writeHead(404).end()
    store.unpin(arg)
    response.end(JSON.stringify({ Pins: [arg] }))
  })
  return { url, store }
}

/** The Pinning Service API; `advance` lets it go on with what is queued. */
async function startApi() {
  type Pin = { requestid: string; status: string; created: string; pin: { cid: string }; delegates: string[] }
  const pins = new Map<string, Pin>()
  const asked: unknown[] = []
  const url = await serve(async (request, response) => {
    const { pathname, searchParams } = urlOf(request)
    const answer = (status: number, body?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    }
    if (request.headers.authorization !== 'Bearer secret') return answer(401, { error: { reason: 'UNAUTHORIZED' } })
    const [, , id] = pathname.split('/')
    if (request.method === 'DELETE' && id) return answer(pins.delete(id) ? 202 : 404)
    if (request.method === 'POST') {
      const pin = JSON.parse(String(await buffer(request)))
      asked.push(pin)
      const requestid = `request/${pins.size}`
      const status = { requestid, status: 'queued', created: new Date(0).toISOString(), pin, delegates: [] }
      pins.set(encodeURIComponent(requestid), status)
      return answer(202, status)
    }
    const states = (searchParams.get('status') ?? 'pinned').split(',')
    const results = [...pins.values()].filter(
      ({ pin, status }) => pin.cid === searchParams.get('cid') && states.includes(status),
    )
    answer(200, { count: results.length, results })
  })
  const advance = (status: string) => {
    for (const pin of pins.values()) pin.status = status
  }
  return { url, asked, advance }
}

test('a Kubo gets the blocks, keeps them and lets them go', async () => {
  const [kubo, store] = [await startKubo(), openStore()]
  const service = kuboPinning({ url: `${kubo.url}/` })
  const cid = await store.putTree({ a: new Uint8Array(2_000_000).fill(1), b: { c: new Uint8Array([1]) } })
  expect(await service.state(cid, soon())).toBe('absent')
  expect(await service.pin({ cid, name: 'results', store }, soon())).toBe('pinned')
  expect(await service.pin({ cid, name: 'results', store }, soon())).toBe('pinned')
  expect(await service.state(cid, soon())).toBe('pinned')
  expect((await kubo.store.list(cid)).map(({ name }) => name)).toEqual(['a', 'b'])
  await service.unpin(cid, soon())
  await service.unpin(cid, soon())
  expect(await service.state(cid, soon())).toBe('absent')
})

test('a service is asked once, told where the blocks are, and says how far it is', async () => {
  const [api, store] = [await startApi(), openStore()]
  const origins = ['/ip4/203.0.113.1/tcp/4001/p2p/12D3KooWGjMCwLZ4GkSWsCN7ZQfYEWvXhXyMNzXzTXd9cL6pXnGT']
  const service = pinningApi({ url: api.url, token: 'secret', origins })
  const cid = await store.putTree({ a: new Uint8Array([1]) })
  expect(await service.state(cid, soon())).toBe('absent')
  expect(await service.pin({ cid, name: 'results', store }, soon())).toBe('queued')
  expect(await service.pin({ cid, name: 'results', store }, soon())).toBe('queued')
  expect(api.asked).toEqual([{ cid: cid.toString(), name: 'results', origins }])
  for (const state of ['pinning', 'pinned', 'failed']) {
    api.advance(state)
    expect(await service.state(cid, soon())).toBe(state)
  }
  // What failed is asked for again.
  expect(await service.pin({ cid, name: 'again', store }, soon())).toBe('queued')
  expect(api.asked).toHaveLength(2)
  await service.unpin(cid, soon())
  expect(await service.state(cid, soon())).toBe('absent')
})

describe('a service that', () => {
  test('knows no such token is a denial', async () => {
    const [api, store] = [await startApi(), openStore()]
    const cid = await store.putTree({})
    const service = pinningApi({ url: api.url, token: 'other' })
    await expect(service.state(cid, soon())).rejects.toMatchObject({ code: 'pinningRefused', class: 'denied' })
  })

  test('is not there, or never answers, is said to', async () => {
    const cid = await openStore().putTree({})
    const gone = kuboPinning({ url: 'http://127.0.0.1:1' })
    await expect(gone.state(cid, soon())).rejects.toMatchObject({ code: 'unreachable' })
    const silent = kuboPinning({ url: await serve(() => {}), timeoutMs: 50 })
    await expect(silent.state(cid, soon())).rejects.toMatchObject({ code: 'timedOut' })
    const patient = kuboPinning({ url: await serve(() => {}) })
    await expect(patient.state(cid, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  })

  test.each([
    ['something else', (_request: IncomingMessage) => '<html>'],
    ['another shape', (_request: IncomingMessage) => JSON.stringify({ Keys: 3, count: 'x' })],
  ])('answers with %s is refused', async (_what, answer) => {
    const cid = await openStore().putTree({})
    const url = await serve((request, response) => void response.end(answer(request)))
    for (const service of [kuboPinning({ url }), pinningApi({ url })]) {
      await expect(service.state(cid, soon())).rejects.toMatchObject({ code: 'pinningRefused' })
    }
  })

  test('answers without end, or leads elsewhere, is given up', async () => {
    const cid = await openStore().putTree({})
    const endless = await serve((_request, response) => void response.end(Buffer.alloc(3 * 2 ** 20)))
    await expect(kuboPinning({ url: endless }).state(cid, soon())).rejects.toMatchObject({ code: 'unreachable' })
    const elsewhere = await serve((_request, response) => void response.writeHead(302, { location: endless }).end())
    await expect(pinningApi({ url: elsewhere }).state(cid, soon())).rejects.toMatchObject({ code: 'unreachable' })
  })

  test('fails for another reason than a missing pin says so', async () => {
    const cid = await openStore().putTree({})
    const url = await serve((_request, response) => {
      response.writeHead(500)
      response.end(JSON.stringify({ Message: 'the repository is locked', Code: 0, Type: 'error' }))
    })
    await expect(kuboPinning({ url }).state(cid, soon())).rejects.toMatchObject({ code: 'pinningRefused' })
  })
})
