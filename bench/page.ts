/**
 * What a visitor of the market page waits for: how much script it loads, how long until something and until data is seen, and how
 * long after its block a match stands in an open page. A whole embedded market with its gateway, and the system's chromium, on one
 * machine. `npm run bench:page [-- --json]`
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { createApiClient } from '@tender/api'
import { type EmbeddedMarket, keepPlayKey, startEmbeddedMarket, tenantKey, writeMarketProfile } from '@tender/cli'
import { type Browser, chromium, type Page } from 'playwright-core'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

type Load = {
  /** As they travel, compressed. */
  scriptBytes: number
  allBytes: number
  /** From the navigation. */
  firstPaintMs: number
  dataMs: number
}

const LOADS = 7
const MATCHES = 5
const GOAL_BYTES = 250_000
const DEADLINE_MS = 120_000
const HELLO = fileURLToPath(new URL('../examples/hello/compose.yaml', import.meta.url))
const TENDER = fileURLToPath(new URL('../apps/cli/src/main.ts', import.meta.url))
const run = promisify(execFile)

const home = await mkdtemp(join(tmpdir(), 'tender-bench-'))

await runBench('page', async (_, signal) => measure(signal).finally(() => rm(home, { recursive: true })), {
  about: 'What a visitor of the market page waits for. Needs chromium.',
})

async function measure(stop: AbortSignal): Promise<BenchResult> {
  const market = await startEmbeddedMarket({
    directory: join(home, 'dev'),
    firstPort: 0,
    settleEverySeconds: 60,
    gateway: true,
    signal: AbortSignal.any([stop, AbortSignal.timeout(600_000)]),
    onProgress() {},
  })
  try {
    const executablePath = (await run('sh', ['-c', 'command -v chromium'])).stdout.trim()
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    })
    try {
      const url = await prepare(market)
      const loads: Load[] = []
      for (let n = 0; n < LOADS; n++) loads.push(await load(browser, url))
      return resultOf(loads, await matchesSeen(market, browser, url))
    } finally {
      await browser.close()
    }
  } finally {
    await market.stop()
  }
}

/** A market in which something was rented: a page without data is no page. */
async function prepare({ rpcUrl, book, bootstrap, gateway }: EmbeddedMarket): Promise<string> {
  await keepPlayKey(home, 'dev', tenantKey)
  await writeMarketProfile(home, 'dev', { version: 1, rpcUrl, book, bootstrap, account: 'dev' })
  await rent()
  return gateway?.url ?? ''
}

async function rent(): Promise<void> {
  const { stdout } = await run(
    process.execPath,
    [TENDER, 'up', HELLO, '--replace', '--yes', '--json', '--auction', '8s'],
    {
      env: { ...process.env, TENDER_HOME: home },
      timeout: DEADLINE_MS,
    },
  )
  JSON.parse(stdout)
}

/** The first visit of somebody whose browser knows nothing. */
async function load(chrome: Browser, url: string): Promise<Load> {
  const page = await openPage(chrome)
  try {
    const startedMs = performance.now()
    await page.goto(url)
    await page.locator('a[href^="/tx/"]').first().waitFor({ timeout: DEADLINE_MS })
    const dataMs = performance.now() - startedMs
    // Drawn last, by a part that is loaded when it is needed.
    await page.locator('canvas').first().waitFor({ timeout: DEADLINE_MS })
    const seen = await page.evaluate<{ scriptBytes: number; allBytes: number; firstPaintMs: number }>(`(() => {
      const all = performance.getEntriesByType('resource')
      const bytes = (entries) => entries.reduce((sum, entry) => sum + entry.encodedBodySize, 0)
      return {
        scriptBytes: bytes(all.filter(({ name }) => new URL(name).pathname.endsWith('.js'))),
        allBytes: bytes(all) + performance.getEntriesByType('navigation')[0].encodedBodySize,
        firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0].startTime,
      }
    })()`)
    return { ...seen, dataMs }
  } finally {
    await page.context().close()
  }
}

/** Milliseconds from the moment that a match's block can be read from the chain to the moment that the page shows it. */
async function matchesSeen({ rpcUrl }: EmbeddedMarket, chrome: Browser, url: string): Promise<number[]> {
  const page = await openPage(chrome)
  await page.goto(url)
  await page.locator('a[href^="/tx/"]').first().waitFor({ timeout: DEADLINE_MS })
  // When each transaction was first seen in the page. Same machine, so the clocks agree.
  await page.evaluate(`(() => {
    window.seenAt = {}
    const look = () => {
      for (const link of document.querySelectorAll('a[href^="/tx/"]')) window.seenAt[link.getAttribute('href').slice(4)] ??= Date.now()
    }
    look()
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true })
  })()`)
  const { blocks, stop } = watchBlocks(rpcUrl)
  const delays: number[] = []
  const api = createApiClient({ baseUrl: url })
  for (let n = 0; n < MATCHES; n++) {
    await rent()
    const { items } = await api.listMatches({ limit: 1 })
    const [match] = items
    if (!match) throw new Error('no match was indexed')
    await page.locator(`a[href="/tx/${match.tx}"]`).first().waitFor({ state: 'attached', timeout: DEADLINE_MS })
    const seenAt = await page.evaluate<number>(`window.seenAt[${JSON.stringify(match.tx)}]`)
    delays.push(seenAt - (blocks.get(match.block) ?? Number.NaN))
  }
  await stop()
  return delays
}

/** When each block could first be heard of. In a thread of its own: this one runs a whole market, and is late now and then. */
function watchBlocks(rpcUrl: string): { blocks: Map<number, number>; stop(): Promise<unknown> } {
  const blocks = new Map<number, number>()
  const listen = `
    const { parentPort, workerData } = require('node:worker_threads')
    const socket = new WebSocket(workerData)
    socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }))
    socket.onmessage = ({ data }) => {
      const { params } = JSON.parse(data)
      if (params) parentPort.postMessage([Number(params.result.number), Date.now()])
    }`
  const thread = new Worker(listen, { eval: true, workerData: rpcUrl.replace(/^http/, 'ws') })
  thread.on('message', ([block, at]: [number, number]) => blocks.set(block, at))
  return { blocks, stop: () => thread.terminate() }
}

async function openPage(chrome: Browser): Promise<Page> {
  const context = await chrome.newContext({ viewport: { width: 1440, height: 900 } })
  return context.newPage()
}

function resultOf(loads: readonly Load[], blockToPageMs: readonly number[]): BenchResult {
  const median = (of: (load: Load) => number) => middle(loads.map(of))
  return {
    bench: 'page',
    title: 'The market page',
    question:
      'First visits of the market page by a browser that knows nothing yet, an embedded market with its gateway on the same machine; then matches, from the moment that their block can be heard of until they stand in an open page; against goals.',
    tables: [
      {
        title: 'What is loaded, compressed as it travels',
        columns: [
          { key: 'what', label: '' },
          { key: 'kB', label: 'size', unit: 'kB', digits: 0 },
          { key: 'goal', label: 'goal', unit: 'kB', digits: 0 },
        ],
        rows: [
          { what: 'script', kB: median(({ scriptBytes }) => scriptBytes) / 1000, goal: GOAL_BYTES / 1000 },
          { what: 'everything, fonts and styles included', kB: median(({ allBytes }) => allBytes) / 1000, goal: null },
        ],
      },
      {
        title: 'What is waited for',
        columns: [
          { key: 'what', label: '' },
          { key: 'ms', label: 'time', unit: 'ms', digits: 0 },
        ],
        rows: [
          { what: 'navigation to the first paint', ms: median(({ firstPaintMs }) => firstPaintMs) },
          { what: 'navigation to live prices and matches', ms: median(({ dataMs }) => dataMs) },
          { what: 'block to page, median', ms: middle(blockToPageMs) },
          { what: 'block to page, worst', ms: Math.max(...blockToPageMs) },
        ],
        note: `Medians of ${loads.length} visits; ${blockToPageMs.length} matches.`,
      },
    ],
    charts: [{ title: 'What a visitor waits for, in ms', table: 1, kind: 'bar', x: 'what', y: 'ms' }],
  }
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
