import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { openContentStore } from '@tender/content'
import type { Hex } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { keepResults, pinningService, readSecret } from './pinService.ts'

const lease = (digit: string): Hex => `0x${digit.repeat(64)}`
const soon = () => AbortSignal.timeout(60_000)
const limits = { bytes: 1e8, files: 100, blocks: 1_000 }

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tender-pin-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

function openStore() {
  const store = openContentStore(folder(), { bytes: 1e8 })
  onTestFinished(() => store.close())
  return store
}

/** As Kubo answers by its RPC; what it is sent it reads into a store of its own. */
async function startKubo() {
  const kept = openStore()
  const tokens = new Set<string | undefined>()
  const server = createServer(async (request, response) => {
    tokens.add(request.headers.authorization)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://kubo')
    const arg = searchParams.get('arg') ?? ''
    const body = new Uint8Array(await buffer(request))
    if (pathname === '/api/v0/dag/import') {
      const headers = { 'content-type': request.headers['content-type'] ?? '' }
      const car = (await new Response(body, { headers }).formData()).get('path')
      if (!(car instanceof File)) return void response.writeHead(400).end()
      const [root] = await kept.importCar([new Uint8Array(await car.arrayBuffer())], limits, soon())
      if (root) await kept.pin(root.toString(), root, soon())
      return void response.end(JSON.stringify({ Root: { Cid: { '/': String(root) }, PinErrorMsg: '' } }))
    }
    const isKept = kept.pinned(arg) !== undefined
    if (pathname === '/api/v0/pin/rm') kept.unpin(arg)
    if (isKept) return void response.end(JSON.stringify({ Keys: { [arg]: { Type: 'recursive' } }, Pins: [arg] }))
    response.writeHead(500).end(JSON.stringify({ Message: `path '${arg}' is not pinned`, Code: 0, Type: 'error' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // CAST: it listens on TCP
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, kept, tokens }
}

test('the results that were brought are sent with all their outputs, and let go', async () => {
  const [kubo, store] = [await startKubo(), openStore()]
  const bytes = new Uint8Array(1_200_000).fill(7)
  const root = await store.putTree({ 'result.json': bytes.subarray(0, 200), outputs: { '0': { a: bytes } } })
  await store.pin(`result:${lease('a')}`, root, soon())
  const tokenFile = join(folder(), 'token')
  writeFileSync(tokenFile, 'secret\n')
  const service = pinningService(`kubo+${kubo.url}`, await readSecret(tokenFile))
  const asked = { leases: [lease('a'), lease('b')], name: 'darts', release: false }
  expect(await keepResults(service, store, asked, soon())).toEqual([
    { leaseId: lease('a'), cid: root.toString(), state: 'pinned' },
    { leaseId: lease('b'), state: 'notHere' },
  ])
  expect([...kubo.tokens]).toEqual(['Bearer secret'])
  const output = await kubo.kept.find(root, 'outputs/0/a')
  expect(output && (await kubo.kept.readBytes(output, limits, soon()))).toEqual(bytes)
  const released = await keepResults(service, store, { ...asked, release: true }, soon())
  expect(released.map(({ state }) => state)).toEqual(['absent', 'notHere'])
  expect(kubo.kept.pins()).toEqual([])
})

test('what names no service is refused, and a wallet without a key', async () => {
  const key = `0x${'1'.repeat(64)}`
  for (const where of ['kubo+http://127.0.0.1:5001', 'psa+https://pins.example/psa']) pinningService(where, undefined)
  for (const where of ['filecoin:mainnet', 'filecoin:calibration?rpc=http://127.0.0.1:1234']) pinningService(where, key)
  for (const where of ['', 'kubo', 'http://127.0.0.1', 'kubo+ftp://x', 'filecoin:', 'filecoin:devnet', 's3://bucket']) {
    expect(() => pinningService(where, key)).toThrow(expect.objectContaining({ code: 'invalidInput' }))
  }
  expect(() => pinningService('filecoin:mainnet', undefined)).toThrow(expect.objectContaining({ code: 'invalidInput' }))
  await expect(readSecret(join(folder(), 'none'))).rejects.toMatchObject({ code: 'fileNotFound' })
})
