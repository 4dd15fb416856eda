import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { address, brief, never, orderOf } from '../testKit.ts'
import type { ScriptQuestion } from './quotes.ts'
import { createScriptRunner } from './runScript.ts'

const pricing = { strategy: 'script', command: ['/bin/true'], indicative: 1n } as const
const question: ScriptQuestion = {
  order: orderOf(),
  brief,
  resource: 'cu',
  sale: { asset: address(3), pricing, tier: 1, minSeconds: 0, maxDuration: 60, noticeSeconds: 0 },
  load: { leasedUnits: 2, committedUnits: 8 },
}

async function place(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tender-price-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

/** Runs a shell script as the pricing program. */
async function run(
  script: string,
  { timeoutMs = 60_000, ...over }: Partial<ScriptQuestion> & { timeoutMs?: number } = {},
) {
  const program = join(await place(), 'price')
  await writeFile(program, `#!/bin/sh\n${script}\n`)
  await chmod(program, 0o755)
  const runScript = createScriptRunner({ timeoutMs })
  return runScript({ ...pricing, command: [program, '--fast'] }, { ...question, ...over }, never)
}

test('a program is told the order, the tier and the load, and says a price', async () => {
  const file = join(await place(), 'told.json')
  expect(await run(`cat > ${file}; echo '{"price":"18000"}'`)).toEqual({ price: 18_000n })
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    version: 1,
    order: { units: 1, maxPrice: '20000', tier: 'interruptible' },
    brief: { driver: 'fake' },
    sale: { resource: 'cu', tier: 'standard' },
    load: { leasedUnits: 2, committedUnits: 8 },
  })
})

test('a program may decline, without having read', async () => {
  expect(await run(`echo '{"decline":"not on Sundays"}'`)).toEqual({ decline: 'not on Sundays' })
})

test('it gets its own arguments and nothing of the environment', async () => {
  process.env.TENDER_TEST_SECRET = 'secret'
  onTestFinished(() => {
    delete process.env.TENDER_TEST_SECRET
  })
  expect(await run(`echo "{\\"decline\\":\\"$1 $TENDER_TEST_SECRET.\\"}"`)).toEqual({ decline: '--fast .' })
})

test.each([
  ['a price that is none', `echo '{"price":"-1"}'`, 'neither'],
  ['no JSON', 'echo 18000', 'neither'],
  ['more than it was asked', `echo '{"price":"1","tier":"premium"}'`, 'neither'],
  ['a failure', 'exit 3', 'it ended with 3'],
  ['a flood', 'yes', 'more than 4096 bytes'],
])('%s is a decline that says so', async (_, script, why) => {
  expect(await run(script)).toEqual({ decline: expect.stringContaining(why) })
})

test('a program that is not there is a decline', async () => {
  const runScript = createScriptRunner({ timeoutMs: 60_000 })
  const quote = await runScript({ ...pricing, command: ['/nowhere/price'] }, question, never)
  expect(quote).toEqual({ decline: expect.stringContaining('ENOENT') })
})

const late = (timeoutMs: number) => ({ decline: `the pricing program failed: it took longer than ${timeoutMs} ms` })

test('a program that hangs is ended, with what it started', async () => {
  const file = join(await place(), 'pid')
  expect(await run(`sleep 1000 & echo $! > ${file}; wait`, { timeoutMs: 5_000 })).toEqual(late(5_000))
  const pid = Number(await readFile(file, 'utf8'))
  expect(pid).toBeGreaterThan(0)
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
})

test('a program is not waited for, also when a child of its own left its group and holds its output open', async () => {
  expect(await run('setsid sleep 2 & sleep 1000', { timeoutMs: 300 })).toEqual(late(300))
})

test('who stops does not wait for a program', async () => {
  const controller = new AbortController()
  const quote = createScriptRunner()({ ...pricing, command: ['/bin/sleep', '1000'] }, question, controller.signal)
  controller.abort()
  await expect(quote).rejects.toThrow('aborted')
})

test('however many orders come, only a few programs run at once, and all are answered in turn or declined', async () => {
  const program = join(await place(), 'price')
  const counter = join(await place(), 'running')
  // One byte more for each that runs, and none may see more than four.
  await writeFile(
    program,
    `#!/bin/sh\nmkdir ${counter}.$$\nls -d ${counter}.* | wc -l > ${counter}-$$\nn=$(cat ${counter}-$$)\nsleep 0.05\nrmdir ${counter}.$$\necho "{\\"price\\":\\"$n\\"}"\n`,
  )
  await chmod(program, 0o755)
  const runScript = createScriptRunner({ timeoutMs: 60_000 })
  const quotes = await Promise.all(
    Array.from({ length: 40 }, () => runScript({ ...pricing, command: [program] }, question, never)),
  )
  const prices = quotes.flatMap((quote) => ('price' in quote ? [quote.price] : []))
  expect(prices).toHaveLength(36)
  expect(prices.every((running) => running <= 4n)).toBe(true)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
