import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchWorkload } from '@tender/cli'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freePorts, killTenders, startTender } from './support/tender.ts'

const example = fileURLToPath(new URL('../examples/image/compose.yaml', import.meta.url))

let home: string
let config: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
  config = join(home, 'provider.json')
})
afterEach(async () => {
  killTenders()
  await killWorkloads()
})
afterAll(() => rm(home, { recursive: true }))

/** Runs a command to its end. @returns what it printed as JSON */
async function tender(...args: string[]) {
  const { code, stdout, stderr } = await startTender(home, [...args, '--json']).finished
  if (code !== 0) throw new Error(`tender ${args.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}

async function failing(...args: string[]) {
  const { code, stderr } = await startTender(home, [...args, '--json']).finished
  return { exitCode: code, ...JSON.parse(stderr).error }
}

function register(change: Record<string, string> = {}): string[] {
  const options = { operator: 'operator', country: 'DE', units: '4', price: '0.018 USDC/h', config, ...change }
  const words = Object.entries({ account: 'owner', ...options }).flatMap(([name, value]) => [`--${name}`, value])
  return ['provider', 'init', ...words]
}

async function startNewcomer() {
  const process = startTender(home, ['provider', 'start', '--config', config, '--account', 'operator', '--json'])
  return { ...process, report: JSON.parse(await process.nextLine()) }
}

/** The processes that run workloads of the new provider, as its driver wrote them down. */
async function workloads(): Promise<number[]> {
  const leases = join(home, 'markets', 'dev', 'providers', 'operator', 'wasm', 'leases')
  const files = await readdir(leases, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const claims = files.filter((file) => /claim\.\d+\.json$/.test(file))
  return Promise.all(claims.map(async (file) => JSON.parse(await readFile(join(leases, file), 'utf8')).pid))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A provider that ends leaves them running: that is the point, but not when a test failed. */
async function killWorkloads(): Promise<void> {
  for (const pid of await workloads()) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
}

test('two commands make a provider, which bids, wins, and takes over its workload after a restart', async () => {
  const dev = startTender(home, ['dev', '--empty', '--json', '--port', String(await freePorts(7))])
  expect(JSON.parse(await dev.nextLine()).providers).toHaveLength(3)

  // What cannot be is refused before anything is done.
  expect(await failing(...register({ country: 'Germany' }))).toMatchObject({ exitCode: 2, code: 'invalidInput' })
  expect(await failing(...register({ units: '100' }))).toMatchObject({
    exitCode: 3,
    code: 'insufficientFunds',
    data: { needed: `${11_000n * 10n ** 18n}`, missing: `${7_480n * 10n ** 18n}` },
  })

  // A tenth more than four units lock.
  const stake = `${440n * 10n ** 18n}`
  const registered = await tender(...register())
  expect(registered).toMatchObject({ provider: '4', country: 'DE', committed: 4, staked: stake })
  expect(registered.did).toEqual({
    registered: true,
    staked: stake,
    committed: 4,
    gasMoney: '0',
    configWritten: true,
  })
  const written = await readFile(config, 'utf8')
  const again = await tender(...register({ price: '0.5 USDC/h' }))
  expect(again).toEqual({
    ...registered,
    prices: {},
    did: { registered: false, staked: '0', committed: 0, gasMoney: '0', configWritten: false },
  })
  expect(await readFile(config, 'utf8')).toBe(written)
  expect(await failing(...register({ country: 'FR' }))).toMatchObject({ exitCode: 7, code: 'countryDiffers' })
  expect(await failing(...register({ account: 'dev' }))).toMatchObject({ exitCode: 7, code: 'operatorTaken' })

  const first = await startNewcomer()
  expect(first.report.provider).toBe('4')
  const { order, leases, url } = await tender('up', example, '--auction', '60s')
  expect((await tender('bids', order)).bids).toHaveLength(4)
  // At probation level like the others, and cheaper.
  expect(leases).toMatchObject([{ provider: '4', rate: '18000' }])
  const [{ leaseId }] = leases
  const status = await tender('provider', 'status', '--config', config)
  expect(status).toMatchObject({ provider: '4', running: true, leases: [{ leaseId, phase: 'running', url }] })
  expect(status.answers).toMatchObject([{ order, decision: 'bid', price: '18000' }])

  const running = await workloads()
  expect(running).toHaveLength(1)
  first.process.kill('SIGINT')
  expect(await first.finished).toMatchObject({ code: 0 })
  await expect(fetchWorkload(url, AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: 'unreachable' })
  expect(running.map(isAlive)).toEqual([true])

  const second = await startNewcomer()
  expect((await fetchWorkload(url, AbortSignal.timeout(10_000))).status).toBe(200)
  expect(await workloads()).toEqual(running)

  // Its tenant ends it, so nothing of it runs on.
  await tender('close', leaseId)
  await expect.poll(() => running.map(isAlive), { timeout: 20_000 }).toEqual([false])
  second.process.kill('SIGINT')
  expect(await second.finished).toMatchObject({ code: 0 })
  dev.process.kill('SIGINT')
  expect(await dev.finished).toMatchObject({ code: 0 })
})
