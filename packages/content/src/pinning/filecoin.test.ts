import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { CarReader } from '@ipld/car'
import { describe, expect, test } from 'vitest'
import { openStore, plenty, soon } from '../testContent.ts'
import { filecoinArchive } from './filecoin.ts'
import { pieceCidOf, startFilecoin, walletKey } from './testFilecoin.ts'

async function start() {
  const filecoin = await startFilecoin()
  const store = openStore()
  const cid = await store.putTree({ 'result.json': randomBytes(300), outputs: { '0': { a: randomBytes(1_500_000) } } })
  const archive = filecoinArchive({ chain: 'calibration', key: walletKey, rpcUrl: filecoin.rpcUrl, copies: 1 })
  return { filecoin, store, cid, archive }
}

test('a DAG is archived once as its CAR file, found by its root, and let go', async () => {
  const { filecoin, store, cid, archive } = await start()
  expect(await archive.state(cid, soon())).toBe('absent')
  expect(await archive.pin({ cid, name: 'results', store }, soon())).toBe('pinned')
  const [piece] = filecoin.pieces
  expect(piece?.metadata).toEqual({ ipfsRootCID: cid.toString(), name: 'results' })
  const car = filecoin.cars.get(piece?.cid ?? '') ?? new Uint8Array()
  expect(pieceCidOf(car)).toBe(piece?.cid)
  expect((await (await CarReader.fromBytes(car)).getRoots()).map(String)).toEqual([cid.toString()])
  const copy = openStore()
  await copy.importCar([car], plenty, soon())
  await copy.pin('all', cid, soon())
  expect(await archive.state(cid, soon())).toBe('pinned')
  // Asked again, or by somebody who starts anew with the same wallet, it is not paid for twice.
  const later = filecoinArchive({ chain: 'calibration', key: walletKey, rpcUrl: filecoin.rpcUrl, copies: 1 })
  for (const each of [archive, later]) expect(await each.pin({ cid, name: 'again', store }, soon())).toBe('pinned')
  expect(filecoin.pieces).toHaveLength(1)
  const other = await store.putTree({ 'result.json': randomBytes(300) })
  expect(await archive.pin({ cid: other, name: 'n'.repeat(300), store }, soon())).toBe('pinned')
  expect(filecoin.pieces.map(({ metadata }) => metadata.name?.length)).toEqual([7, 128])
  await archive.unpin(cid, soon())
  await archive.unpin(cid, soon())
  expect(filecoin.asked.filter((asked) => asked.startsWith('DELETE'))).toEqual(['DELETE /pdp/data-sets/1/pieces/0'])
  expect([await archive.state(cid, soon()), await archive.state(other, soon())]).toEqual(['absent', 'pinned'])
  expect(filecoin.sent).not.toContain(walletKey.slice(2))
})

test('what is not paid for is not uploaded, and the error says how much it takes', async () => {
  const { filecoin, store, cid, archive } = await start()
  filecoin.deposit = 0n
  const done = archive.pin({ cid, name: 'results', store }, soon())
  await expect(done).rejects.toMatchObject({ code: 'archiveUnpaid', class: 'funds' })
  const { data } = await done.catch((error) => error)
  expect(BigInt(data.depositNeeded)).toBeGreaterThan(0n)
  expect(filecoin.asked.filter((asked) => !asked.endsWith('/ping'))).toEqual([])
})

describe('a failure is told by its kind, without the key:', () => {
  test.each([
    ['the upload is refused', 'upload', 'pinningRefused'],
    ['the addition is refused', 'commit', 'pinningRefused'],
  ] as const)('%s', async (_what, failing, code) => {
    const { filecoin, store, cid, archive } = await start()
    filecoin.failing = failing
    const error = await archive.pin({ cid, name: 'results', store }, soon()).catch((caught) => caught)
    expect(error).toMatchObject({ code })
    expect(inspect(error, { depth: 20 })).not.toContain(walletKey.slice(2))
    expect(await archive.state(cid, soon())).toBe('absent')
    filecoin.failing = undefined
    expect(await archive.pin({ cid, name: 'results', store }, soon())).toBe('pinned')
  })

  test('nobody answers, or never', async () => {
    const { filecoin, store, cid } = await start()
    const gone = filecoinArchive({
      chain: 'calibration',
      key: walletKey,
      rpcUrl: 'http://127.0.0.1:1',
      timeoutMs: 60_000,
    })
    await expect(gone.state(cid, soon())).rejects.toMatchObject({ code: 'unreachable' })
    filecoin.failing = 'silent'
    const options = { chain: 'calibration', key: walletKey, rpcUrl: filecoin.rpcUrl, copies: 1 } as const
    const impatient = filecoinArchive({ ...options, timeoutMs: 1_000 })
    await expect(impatient.pin({ cid, name: 'x', store }, soon())).rejects.toMatchObject({ code: 'timedOut' })
    const stop = new AbortController()
    const done = filecoinArchive(options).pin({ cid, name: 'x', store }, stop.signal)
    stop.abort()
    await expect(done).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('the key is none, the content is too small or not there', async () => {
    const { archive } = await start()
    const key = `0x${'ab'.repeat(31)}` as const
    const none = () => filecoinArchive({ chain: 'mainnet', key })
    expect(none).toThrow(expect.objectContaining({ code: 'invalidInput' }))
    expect(none).not.toThrow(expect.objectContaining({ message: expect.stringContaining('abab') }))
    const store = openStore()
    const empty = await store.putTree({})
    await expect(archive.pin({ cid: empty, name: 'x', store }, soon())).rejects.toMatchObject({
      code: 'pinningRefused',
    })
    const missing = archive.pin({ cid: empty, name: 'x', store: openStore() }, soon())
    await expect(missing).rejects.toMatchObject({ code: 'blockMissing' })
  })
})
