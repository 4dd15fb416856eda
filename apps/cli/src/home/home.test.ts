import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { afterAll, expect, test } from 'vitest'
import { createAgentKey, readAgentKey } from './agentKey.ts'
import { marketDirectory, resolveHome, writeWhole } from './home.ts'
import { createKeystore, isPlayKey, keepPlayKey, listKeystores, openKeystore } from './keystore.ts'
import { readMarketProfile } from './marketProfile.ts'

const home = await mkdtemp(join(tmpdir(), 'tender-home-'))
afterAll(() => rm(home, { recursive: true }))

/** As cheap as it gets: what is tested is not how dear guessing is. */
const cheap = { scryptN: 2 }

test('the home is what was asked for, the environment, or below the user', () => {
  expect(resolveHome('/a', { TENDER_HOME: '/b' })).toBe('/a')
  expect(resolveHome(undefined, { TENDER_HOME: '/b' })).toBe('/b')
  expect(resolveHome(undefined, {})).toBe(join(homedir(), '.tender'))
})

test('a name cannot lead out of the home', () => {
  for (const name of ['../x', '.', '..', 'a/b', '', 'a\0b', '-x']) {
    expect(() => marketDirectory(home, name), name).toThrow(expect.objectContaining({ code: 'invalidInput' }))
  }
  expect(marketDirectory(home, 'main-1.2')).toBe(join(home, 'markets', 'main-1.2'))
})

test('a file is replaced as a whole, and is its owner alone to read', async () => {
  const file = join(home, 'deep', 'er', 'file')
  await writeWhole(file, 'one')
  await writeWhole(file, 'two')
  expect(await readFile(file, 'utf8')).toBe('two')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(home, 'deep', 'er'))).toEqual(['file'])
})

test('a key comes back with its password and with no other', async () => {
  const privateKey = generatePrivateKey()
  const { address, file } = await createKeystore(home, 'main', { privateKey, password: 'correct horse', ...cheap })
  expect(address).toBe(privateKeyToAddress(privateKey))
  expect(await openKeystore(home, 'main', 'correct horse')).toBe(privateKey)
  await expect(openKeystore(home, 'main', 'battery')).rejects.toMatchObject({ code: 'wrongPassword', class: 'denied' })
  expect(await readFile(file, 'utf8')).not.toContain(privateKey.slice(2))
  await expect(createKeystore(home, 'main', { privateKey, password: 'x', ...cheap })).rejects.toMatchObject({
    code: 'accountExists',
  })
  await expect(openKeystore(home, 'other', 'x')).rejects.toMatchObject({ code: 'unknownAccount', class: 'notFound' })
})

test('two that make a key of one name at once: one of them is told, and no key is lost', async () => {
  const keys = [generatePrivateKey(), generatePrivateKey()]
  const made = await Promise.allSettled(
    keys.map((privateKey) => createKeystore(home, 'raced', { privateKey, password: 'correct horse', ...cheap })),
  )
  const [winner, ...others] = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  expect(others).toEqual([])
  expect(made.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: 'accountExists' })
  expect(privateKeyToAddress(await openKeystore(home, 'raced', 'correct horse'))).toBe(winner?.address)
  expect((await readdir(join(home, 'keys'))).filter((file) => file.startsWith('.'))).toEqual([])
  await rm(join(home, 'keys', 'raced.json'))
})

test('a key whose file is damaged is refused, and so is one that would exhaust the memory', async () => {
  const { file } = await createKeystore(home, 'damaged', {
    privateKey: generatePrivateKey(),
    password: 'correct horse',
    ...cheap,
  })
  const whole = JSON.parse(await readFile(file, 'utf8'))
  const greedy = { ...whole, crypto: { ...whole.crypto, kdfparams: { ...whole.crypto.kdfparams, n: 2 ** 30 } } }
  for (const text of ['', '{', JSON.stringify({ ...whole, version: 2 }), JSON.stringify(greedy)]) {
    await writeFile(file, text)
    await expect(openKeystore(home, 'damaged', 'x')).rejects.toMatchObject({ code: 'corruptState', data: { file } })
  }
  await rm(file)
})

test('a key that everybody knows is kept once, with its password beside it', async () => {
  const privateKey = generatePrivateKey()
  await keepPlayKey(home, 'play', privateKey)
  await keepPlayKey(home, 'play', generatePrivateKey())
  const password = (await readFile(join(home, 'keys', 'play.password'), 'utf8')).trim()
  expect(await openKeystore(home, 'play', password)).toBe(privateKey)
  expect([await isPlayKey(home, 'play'), await isPlayKey(home, 'main')]).toEqual([true, false])
  expect((await listKeystores(home)).map(({ name }) => name)).toEqual(['main', 'play'])
})

test("an agent's key is kept before it is used, and is that agent's", async () => {
  const key = await createAgentKey(home)
  const agent = privateKeyToAddress(key)
  expect(await readAgentKey(home, agent)).toBe(key)
  const stranger = privateKeyToAddress(generatePrivateKey())
  await expect(readAgentKey(home, stranger)).rejects.toMatchObject({ code: 'unknownAgent' })
  await writeFile(join(home, 'agents', `${agent.toLowerCase()}.key`), generatePrivateKey())
  await expect(readAgentKey(home, agent)).rejects.toMatchObject({ code: 'corruptState' })
})

test('a market that is not known says how to come by one', async () => {
  await expect(readMarketProfile(home, 'dev')).rejects.toMatchObject({
    code: 'unknownMarket',
    hint: expect.stringContaining('tender dev'),
  })
  await expect(readMarketProfile(home, 'other')).rejects.toMatchObject({
    hint: expect.stringContaining('profile.json'),
  })
  const file = join(marketDirectory(home, 'dev'), 'profile.json')
  await writeWhole(file, '{"version":1}')
  await expect(readMarketProfile(home, 'dev')).rejects.toMatchObject({ code: 'corruptState', data: { file } })
})
