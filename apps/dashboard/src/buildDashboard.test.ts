import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildDashboard } from '../index.ts'

/** Compressed bytes of script that the market page may load before it shows something: the goal, see docs/performance.md. */
const MOST_FIRST_SCRIPT_BYTES = 250_000

describe('buildDashboard', () => {
  let directory: string
  beforeAll(async () => {
    // Whoever asks at the same time gets the same whole page.
    const [one, other] = await Promise.all([buildDashboard(), buildDashboard()])
    expect(one).toBe(other)
    directory = one
  })

  test('makes a page whose files are there, and leaves nothing beside it', () => {
    const html = readFileSync(join(directory, 'index.html'), 'utf8')
    const named = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path)
    expect(named.length).toBeGreaterThan(3)
    for (const path of named) expect(existsSync(join(directory, path)), path).toBe(true)
    expect(readdirSync(join(directory, '..')).filter((name) => name.startsWith('.dist-'))).toEqual([])
  })

  test('has no script of its own in the page, which a content security policy would stop', () => {
    const html = readFileSync(join(directory, 'index.html'), 'utf8')
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/)
  })

  test('compresses what is text, the same both ways', () => {
    const html = readFileSync(join(directory, 'index.html'))
    expect(brotliDecompressSync(readFileSync(join(directory, 'index.html.br')))).toEqual(html)
    expect(gunzipSync(readFileSync(join(directory, 'index.html.gz')))).toEqual(html)
  })

  test('builds nothing where nothing changed', async () => {
    const { ino } = statSync(directory)
    await expect(buildDashboard()).resolves.toBe(directory)
    // What is built anew comes as a new folder.
    expect(statSync(directory).ino).toBe(ino)
  })

  test('loads little before the first page shows', () => {
    const html = readFileSync(join(directory, 'index.html'), 'utf8')
    const first = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path = '']) => path)
    const market = readdirSync(join(directory, 'assets')).filter((name) => /^MarketPage-.*\.js$/.test(name))
    const files = [...first, ...market.map((name) => `/assets/${name}`)]
    const bytes = files.map((path) => readFileSync(join(directory, `${path}.br`)).length)
    const sum = bytes.reduce((total, size) => total + size, 0)
    expect(market).toHaveLength(1)
    expect(sum).toBeLessThan(MOST_FIRST_SCRIPT_BYTES)
  })
})
