import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { cidOf, digestOf, parseCid } from './cid.ts'
import { openContentStore } from './store.ts'
import { openStore, plenty, soon, temporaryDir, writeFiles } from './testContent.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('what is put in', () => {
  test('comes out again, from the disk to the disk', async () => {
    const store = openStore()
    const big = randomBytes(2_500_000)
    const from = writeFiles(temporaryDir(), {
      'a.txt': 'hello',
      'below/big.bin': big,
      'below/empty': '',
      'no files': undefined,
    })
    const cid = await store.putDirectory(from, plenty, soon())
    const to = join(temporaryDir(), 'out')
    expect(await store.exportTo(cid, to, plenty, soon())).toEqual({ bytes: 2_500_005, files: 5 })
    expect(execFileSync('diff', ['-r', from, to]).toString()).toBe('')
    expect(readFileSync(join(to, 'below/big.bin')).equals(big)).toBe(true)
    expect((await store.list(cid)).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'a.txt file',
      'below directory',
      'no files directory',
    ])
  })

  test('in memory makes the same CID as on the disk', async () => {
    const store = openStore()
    const dir = writeFiles(temporaryDir(), { 'result.json': '{}', 'outputs/0/x': 'one', 'outputs/1/x': 'two' })
    const cid = await store.putTree({
      'result.json': bytes('{}'),
      outputs: { '0': { x: bytes('one') }, '1': { x: bytes('two') } },
    })
    expect(await store.putDirectory(dir, plenty, soon())).toEqual(cid)
  })

  test('is linked into a directory without being read again', async () => {
    const store = openStore()
    const output = await store.putTree({ frame: randomBytes(3_000_000) })
    const before = store.usedBytes()
    const cid = await store.putTree({ outputs: { '7': output }, 'note.txt': bytes('hi') })
    expect(store.usedBytes() - before).toBeLessThanOrEqual(3 * 4096)
    expect(await store.find(cid, 'outputs/7')).toEqual(output)
    expect(await store.find(cid, 'outputs/8')).toBeUndefined()
    const file = await store.find(cid, 'outputs/7/frame')
    expect(file && (await store.stat(file))).toEqual({ kind: 'file', bytes: 3_000_000 })
  })

  test('is refused if it is a link, a pipe or more than was allowed', async () => {
    const store = openStore()
    const linked = writeFiles(temporaryDir(), { real: 'x' })
    symlinkSync('/etc/passwd', join(linked, 'link'))
    await expect(store.putDirectory(linked, plenty, soon())).rejects.toMatchObject({ code: 'badContent' })
    await expect(store.putFile(join(linked, 'link'), plenty, soon())).rejects.toMatchObject({ code: 'badContent' })
    const piped = temporaryDir()
    execFileSync('mkfifo', [join(piped, 'pipe')])
    await expect(store.putDirectory(piped, plenty, soon())).rejects.toMatchObject({ code: 'badContent' })
    const two = writeFiles(temporaryDir(), { a: 'aaaa', b: 'bbbb' })
    await expect(store.putDirectory(two, { bytes: 7, files: 2 }, soon())).rejects.toMatchObject({
      code: 'contentTooLarge',
    })
    await expect(store.putDirectory(two, { bytes: 8, files: 1 }, soon())).rejects.toMatchObject({
      code: 'contentTooLarge',
    })
    await store.putDirectory(two, { bytes: 8, files: 2 }, soon())
  })
})

test('a directory is only written where nothing is', async () => {
  const store = openStore()
  const cid = await store.putTree({ a: bytes('x') })
  const full = writeFiles(temporaryDir(), { there: 'x' })
  await expect(store.exportTo(cid, full, plenty, soon())).rejects.toMatchObject({ code: 'directoryNotEmpty' })
})

test('an export over its limits leaves nothing', async () => {
  const store = openStore()
  const cid = await store.putTree({ a: { b: bytes('xxxx') }, c: bytes('yyyy') })
  for (const limits of [
    { bytes: 7, files: 3 },
    { bytes: 8, files: 2 },
  ]) {
    const out = temporaryDir()
    await expect(store.exportTo(cid, out, limits, soon())).rejects.toMatchObject({ code: 'contentTooLarge' })
    expect(execFileSync('ls', ['-A', out]).toString()).toBe('')
  }
  expect(await store.exportTo(cid, temporaryDir(), { bytes: 8, files: 3 }, soon())).toEqual({ bytes: 8, files: 3 })
})

describe('pins', () => {
  test('keep what they reach from a collection, over a restart', async () => {
    const dir = temporaryDir()
    const first = openContentStore(dir, { bytes: 1e9 })
    const kept = await first.putTree({ a: bytes('kept'), below: { b: bytes('also') } })
    const lost = await first.putTree({ a: bytes('lost') })
    await first.pin('job:1', kept, soon())
    first.close()
    const store = openStore({ dir })
    expect(store.pins()).toEqual([{ name: 'job:1', cid: kept }])
    expect(await store.collectGarbage(soon())).toMatchObject({ blocks: 2 })
    expect(store.blockBytes(lost)).toBeUndefined()
    await store.exportTo(kept, temporaryDir(), plenty, soon())
    store.unpin('job:1')
    store.unpin('job:1')
    expect(await store.collectGarbage(soon())).toMatchObject({ blocks: 4 })
    expect(store.usedBytes()).toBe(0)
  })

  test('go several at once', async () => {
    const store = openStore()
    const cid = await store.putTree({ a: bytes('x') })
    for (const name of ['a', 'b', 'c']) await store.pin(name, cid, soon())
    store.unpin(['a', 'nobody', 'c'])
    expect(store.pins().map(({ name }) => name)).toEqual(['b'])
    store.unpin([])
    expect(store.pins()).toHaveLength(1)
  })

  test('are refused for what is not complete, and for odd names', async () => {
    const store = openStore()
    const cid = await store.putTree({ a: bytes('x') })
    const other = openStore()
    await other.putBlock(cid, await store.getBlock(cid))
    await expect(other.pin('it', cid, soon())).rejects.toMatchObject({ code: 'blockMissing' })
    expect(other.pinned('it')).toBeUndefined()
    await expect(store.pin('no name', cid, soon())).rejects.toMatchObject({ code: 'invalidInput' })
  })
})

describe('a collection', () => {
  test('leaves what a writing puts in, finds or reads while it runs', async () => {
    const store = openStore()
    const found = await store.putTree({ found: bytes('before') })
    const lost = await store.putTree({ lost: bytes('lost') })
    await store.writing(async () => {
      const written = await store.putTree({ new: bytes('now') })
      await store.putTree({ found: bytes('before') })
      expect(await store.collectGarbage(soon())).toMatchObject({ blocks: 2 })
      expect(store.blockBytes(lost)).toBeUndefined()
      await store.pin('both', await store.putTree({ found, written }), soon())
    })
    expect(await store.collectGarbage(soon())).toMatchObject({ blocks: 0 })
  })

  test('at the same time as writers never breaks a pinned DAG', async () => {
    const store = openStore()
    const writers = Array.from({ length: 40 }, (_, index) =>
      store.writing(async () => {
        const shared = bytes(`shared ${index % 5}`)
        const cid = await store.putTree({ own: bytes(String(index)), shared })
        await store.pin(`job:${index}`, cid, soon())
        if (index % 3 === 0) store.unpin(`job:${index}`)
        return cid
      }),
    )
    let left = writers.length
    for (const writer of writers) void writer.then(() => left--)
    while (left > 0) {
      await store.collectGarbage(soon())
      await setImmediate()
    }
    await Promise.all(writers)
    for (const { cid } of store.pins()) await store.exportTo(cid, join(temporaryDir(), 'out'), plenty, soon())
    expect(store.pins()).toHaveLength(26)
  })
})

test('a full store says so, and goes on once there is room', async () => {
  const store = openStore({ bytes: 40_000 })
  const small = await store.putTree({ a: bytes('small') })
  await store.pin('small', small, soon())
  await expect(store.putTree({ a: randomBytes(50_000) })).rejects.toMatchObject({ code: 'storeFull', class: 'limit' })
  await store.putTree({ a: randomBytes(20_000) })
  await expect(store.putTree({ a: randomBytes(20_000) })).rejects.toMatchObject({ code: 'storeFull' })
  await store.collectGarbage(soon())
  await store.putTree({ a: randomBytes(20_000) })
  expect(store.usedBytes()).toBeLessThanOrEqual(40_000)
})

test('a damaged block is missing, and can be put in again', async () => {
  const dir = temporaryDir()
  const store = openStore({ dir })
  const content = randomBytes(1000)
  const cid = await store.putTree({ a: content })
  const key = createHash('sha256').update(content).digest('hex')
  writeFileSync(join(dir, 'blocks', key.slice(0, 2), key), 'damaged')
  await expect(store.exportTo(cid, temporaryDir(), plenty, soon())).rejects.toMatchObject({ code: 'blockMissing' })
  await store.putTree({ a: content })
  await store.exportTo(cid, temporaryDir(), plenty, soon())
})

test('one process has a store at a time', () => {
  const dir = temporaryDir()
  const store = openStore({ dir })
  expect(() => openContentStore(dir, { bytes: 1 })).toThrow(expect.objectContaining({ code: 'storeInUse' }))
  store.close()
  openStore({ dir })
})

test('digests and CIDs lead to each other, odd CIDs to an error', async () => {
  const store = openStore()
  const cid = await store.putTree({})
  expect(cid.toString()).toBe('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')
  expect(cidOf(digestOf(cid))).toEqual(cid)
  const raw = parseCid('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
  expect(() => digestOf(raw)).toThrow(expect.objectContaining({ code: 'invalidInput' }))
  expect(parseCid('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn').toString()).toBe(cid.toString())
  for (const odd of ['', 'bafy', 'bafyreihdb57fdysx5h35urvxz64ros7zvywshber7id6t6c6fek37jgyfe', new Uint8Array(40)]) {
    expect(() => parseCid(odd)).toThrow(expect.objectContaining({ code: 'invalidInput' }))
  }
})
