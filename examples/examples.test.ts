import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Handle } from '@tender/driver'
import { createWasmDriver } from '@tender/driver-wasm'
import { parseComposeFile } from '@tender/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, type Example, examples, jobExamples, modulePath, modules } from './build.ts'
import { readPng } from './testPng.ts'

const DEADLINE_MS = 30_000
const stateDir = mkdtempSync(join(tmpdir(), 'tender-examples-'))
const driver = createWasmDriver({ stateDir })
const soon = () => AbortSignal.timeout(DEADLINE_MS)
const handles: Handle[] = []

afterAll(async () => {
  for (const handle of handles) await driver.destroy(handle)
  rmSync(stateDir, { recursive: true, force: true })
})

/** Starts an example; returns a function that asks it. */
async function serve(name: Example, leaseId: `0x${string}`) {
  const handle = await driver.start(
    {
      leaseId,
      services: [
        {
          name,
          shape: 'http',
          image: { kind: 'file', path: modulePath(name) },
          args: [],
          environment: {},
          replicas: 1,
        },
      ],
      limits: { cpuMilli: 1_000, memoryBytes: 256 * 2 ** 20, diskBytes: 0 },
    },
    soon(),
  )
  handles.push(handle)
  const [endpoint] = await driver.endpoints(handle)
  const { host, port, headers } = endpoint ?? expect.fail('no endpoint')
  return (path: string, more: Record<string, string> = {}) =>
    fetch(`http://${host}:${port}${path}`, { headers: { ...headers, ...more }, signal: soon() })
}

test.each(modules)('the module of %s is what its source gives', { timeout: DEADLINE_MS }, async (name) => {
  expect(Buffer.from(await compile(name)).equals(readFileSync(modulePath(name)))).toBe(true)
})

test.each(examples)('the Compose file of %s is one that the market takes, and names its module', (name) => {
  const file = join(import.meta.dirname, name, 'compose.yaml')
  expect(parseComposeFile(readFileSync(file, 'utf8'), { file }).files.map(({ path }) => path)).toEqual([
    `./${name}.wasm`,
  ])
})

test.each(jobExamples)('the file of %s is one that the market takes, and names its module', (name) => {
  const file = join(import.meta.dirname, name, 'job.yaml')
  const { files, tender } = parseComposeFile(readFileSync(file, 'utf8'), { file })
  expect(files.map(({ path }) => path)).toEqual([`./${name}.wasm`])
  expect(tender.job).toBeDefined()
})

describe('hello', { timeout: DEADLINE_MS }, () => {
  const leaseId = `0x${'a1'.repeat(32)}` as const
  let ask: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => {
    ask = await serve('hello', leaseId)
  }, DEADLINE_MS)

  test('says hello in plain text, with path, time and lease', async () => {
    const before = Date.now()
    const response = await ask('/some/where?x=1')
    const text = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(text).toMatch(/^Hello from Tender!/)
    expect(text).toContain('path   /some/where\n')
    expect(text).toContain(`lease  ${leaseId}\n`)
    const time = Date.parse(/time {3}(\S+)/.exec(text)?.[1] ?? '')
    expect(time).toBeGreaterThanOrEqual(before)
    expect(time).toBeLessThanOrEqual(Date.now())
  })

  test('shows browsers a page, and escapes what they sent', async () => {
    const response = await ask('/"quoted"&<b>', { accept: 'text/html' })
    const text = await response.text()
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(text).toMatch(/^<!doctype html>/)
    expect(text).not.toContain('<b>')
  })
})

describe('image', { timeout: DEADLINE_MS }, () => {
  let ask: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => {
    ask = await serve('image', `0x${'b2'.repeat(32)}`)
  }, DEADLINE_MS)

  test.each([
    ['/', 640, 480],
    ['/?w=100&h=50&n=60', 100, 50],
    ['/?w=333&h=77&cx=-0.4&cy=0.6&zoom=2', 333, 77],
  ])('draws %s as a valid PNG', async (path, width, height) => {
    const response = await ask(path)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png'])
    const png = readPng(Buffer.from(await response.arrayBuffer()))
    expect([png.width, png.height]).toEqual([width, height])
    expect(png.rows.length).toBe((width + 1) * height)
    expect(new Set(png.rows).size).toBeGreaterThan(10)
  })

  test('the middle of the Mandelbrot set is black, its outside is not', async () => {
    const { rows } = readPng(Buffer.from(await (await ask('/?w=320&h=240')).arrayBuffer()))
    const pixel = (x: number, y: number) => rows[y * 321 + 1 + x]
    expect(pixel(200, 120)).toBe(0)
    expect(pixel(2, 2)).not.toBe(0)
  })

  test('clamps what is asked too large, and knows one path only', async () => {
    const response = await ask('/?w=1e9&h=-5&n=8')
    expect(readPng(Buffer.from(await response.arrayBuffer()))).toMatchObject({ width: 2048, height: 16 })
    expect((await ask('/other')).status).toBe(404)
  })
})
