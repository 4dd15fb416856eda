import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MAX_SECRET_BYTES } from '@tender/tenant'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { readPlan } from './readPlan.ts'
import { readSecret } from './readSecret.ts'

const root = mkdtempSync(join(tmpdir(), 'tender-plan-'))
let directory: string
let count = 0

beforeEach(() => {
  directory = join(root, String(count++))
  mkdirSync(directory)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const write = (name: string, content: string | Uint8Array) => writeFileSync(join(directory, name), content)

/** A tar with one file of that name. */
function tar(name: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write(content.length.toString(8).padStart(11, '0'), 124)
  header.fill(' ', 148, 156)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return Buffer.concat([header, content, Buffer.alloc(((512 - (content.length % 512)) % 512) + 1024)])
}

const compose = `
name: shop
services:
  web:
    image: ./app.tar
    env_file: [{ path: ./none.env, required: false }, ./web.env]
    configs: [{ source: page, target: /page.html }, { source: motto, target: /motto }]
    secrets: [token, key]
configs:
  page: { file: ./page.html }
  motto: { environment: PLAN_TEST_MOTTO }
secrets:
  token: { file: ./token.txt }
  key: { environment: PLAN_TEST_KEY }
x-tender: { max-price: 1 USDC/h }
`

function writeShop(): Buffer {
  const image = tar('manifest.json', randomBytes(300_000))
  write('compose.yaml', compose)
  write('app.tar', image)
  write('web.env', 'A=1\n')
  write('page.html', '<h1>hi</h1>')
  write('token.txt', 'hunter2')
  vi.stubEnv('PLAN_TEST_MOTTO', 'carpe diem')
  vi.stubEnv('PLAN_TEST_KEY', 'swordfish')
  return image
}

describe('a plan', () => {
  test('holds what a file of containers names, but no secret', async () => {
    const image = writeShop()
    const plan = await readPlan(join(directory, 'compose.yaml'))
    const sha256 = `0x${createHash('sha256').update(image).digest('hex')}`
    expect(plan.files).toEqual({ [sha256]: join(directory, 'app.tar') })
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    expect(plan.manifest.services[0]).toMatchObject({
      image: { kind: 'blob', sha256, bytes: image.length },
      env: { A: '1' },
      container: {
        files: [
          { path: '/motto', mode: 0o444, base64: base64('carpe diem') },
          { path: '/page.html', mode: 0o444, base64: base64('<h1>hi</h1>') },
        ],
        secrets: [
          { name: 'key', path: '/run/secrets/key', mode: 0o444 },
          { name: 'token', path: '/run/secrets/token', mode: 0o444 },
        ],
      },
    })
    expect(plan.secretSources).toEqual({
      token: { file: join(directory, 'token.txt') },
      key: { variable: 'PLAN_TEST_KEY' },
    })
    const { tender: _, ...kept } = plan
    for (const secret of ['hunter2', 'swordfish'])
      for (const text of [secret, base64(secret)]) expect(JSON.stringify(kept)).not.toContain(text)
    const values = await Promise.all(Object.values(plan.secretSources).map(readSecret))
    expect(values.map((value) => new TextDecoder().decode(value)).sort()).toEqual(['hunter2', 'swordfish'])
  })

  test('is of the volumes that it is told to take over, if it has any', async () => {
    writeShop()
    const volumesOf = `0x${'07'.repeat(32)}` as const
    const path = join(directory, 'compose.yaml')
    expect((await readPlan(path, { volumesOf })).manifest.brief.volumesOf).toBeUndefined()
    write('compose.yaml', `${compose.replace('secrets: [token, key]', 'volumes: [data:/data]')}volumes: { data: }\n`)
    expect((await readPlan(path, { volumesOf })).manifest.brief.volumesOf).toBe(volumesOf)
  })

  test.each<[string, () => void, object]>([
    ['its image', () => rmSync(join(directory, 'app.tar')), { code: 'fileNotFound' }],
    ['its variables', () => rmSync(join(directory, 'web.env')), { code: 'fileNotFound' }],
    ['a config', () => rmSync(join(directory, 'page.html')), { code: 'fileNotFound' }],
    ['a secret', () => rmSync(join(directory, 'token.txt')), { code: 'fileNotFound' }],
    ['the variable of a secret', () => vi.stubEnv('PLAN_TEST_KEY', undefined), { code: 'secretMissing' }],
    ['the variable of a config', () => vi.stubEnv('PLAN_TEST_MOTTO', undefined), { code: 'badFile' }],
  ])('is not made without %s', async (_, spoil, error) => {
    writeShop()
    spoil()
    await expect(readPlan(join(directory, 'compose.yaml'))).rejects.toThrow(expect.objectContaining(error))
  })

  test.each<[string, string, Uint8Array | string, RegExp]>([
    ['an image that is none', 'app.tar', tar('readme.txt', randomBytes(9)), /app\.tar is not an image/],
    ['a compressed image', 'app.tar', Uint8Array.of(0x1f, 0x8b, 8), /app\.tar is compressed/],
    ['a bad variable', 'web.env', 'A=1\nB=$HOME\n', /web\.env:2: B holds a variable/],
    [
      'a config that no manifest holds',
      'page.html',
      new Uint8Array(131_073),
      /page\.html has 131073 bytes, the most for a config is 131072/,
    ],
    ['a file of variables that is too large', 'web.env', new Uint8Array(262_145), /the most is 262144/],
    ['a secret that is too large', 'token.txt', new Uint8Array(MAX_SECRET_BYTES + 1), /the most is 65486/],
  ])('is not made of %s', async (_, name, content, reason) => {
    writeShop()
    write(name, content)
    await expect(readPlan(join(directory, 'compose.yaml'))).rejects.toThrow(reason)
  })

  test('is not made of secrets that are too large together', async () => {
    const names = Array.from({ length: 9 }, (_, n) => `s${n}`)
    for (const name of names) write(name, new Uint8Array(60_000))
    writeShop()
    const sources = names.map((name) => `  ${name}: { file: ./${name} }\n`).join('')
    const uses = `secrets: [${names.join(', ')}, token, key]`
    write('compose.yaml', compose.replace(/secrets: \[.*\]/, uses).replace(/^secrets:\n/m, `secrets:\n${sources}`))
    await expect(readPlan(join(directory, 'compose.yaml'))).rejects.toThrow(
      expect.objectContaining({ code: 'secretTooLarge' }),
    )
  })

  test('stops reading when it is aborted', async () => {
    writeShop()
    const signal = AbortSignal.abort()
    await expect(readPlan(join(directory, 'compose.yaml'), { signal })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    )
  })
})
