import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidInputError, NotFoundError } from '@tender/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { parseConfig, readConfig } from './config.ts'

const schema = z.strictObject({ port: z.int().min(0).default(8080), limits: z.strictObject({ cores: z.int() }) })

let dir: string
let file: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tender-config-'))
  file = join(dir, 'provider.json')
})

afterEach(() => rmSync(dir, { recursive: true, force: true }))

test('fills in defaults', async () => {
  writeFileSync(file, '{ "limits": { "cores": 4 } }')
  expect(await readConfig(schema, file)).toEqual({ port: 8080, limits: { cores: 4 } })
})

test('names everything that is wrong at once, by file and key', () => {
  const parse = () => parseConfig(schema, { port: -1, limits: { cores: 'four' }, colour: 'red' }, 'provider.json')
  expect(parse).toThrow(InvalidInputError)
  expect(parse).toThrow(/provider\.json[\s\S]*port:[\s\S]*limits\.cores:[\s\S]*colour/)
})

test('says that there is no such file', async () => {
  await expect(readConfig(schema, file)).rejects.toBeInstanceOf(NotFoundError)
})

test.each([
  ['what is no JSON', '{ "port": }'],
  ['what is too large', `"${'x'.repeat(1024 * 1024)}"`],
])('refuses %s, naming the file', async (_what, content) => {
  writeFileSync(file, content)
  const failure = await readConfig(schema, file).catch((error) => error)
  expect(failure).toBeInstanceOf(InvalidInputError)
  expect(failure.message).toContain(file)
})

test('refuses a directory', async () => {
  await expect(readConfig(schema, dir)).rejects.toMatchObject({ code: 'invalidConfig' })
})
