import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { leaseEscrowAbi } from '@tender/abi'
import { monitorRoles, tenantKey } from '@tender/cli'
import { deposit, feeOf, readPrice } from '@tender/protocol'
import { createMarketClient, type MarketClient } from '@tender/sdk'
import type { Address, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type GatewayMarket, startGatewayMarket } from './support/gatewayMarket.ts'
import { killTenders, startTender } from './support/tender.ts'

// Jobs as a tenant runs them, by the command line: an honest one to the verdict, to the smallest unit; one whose command was killed;
// and what is said before anything costs money.

const DEADLINE_MS = 600_000
/** A busy machine may take its time to bid. */
const AUCTION = ['--auction', '60s']
const FEE_BPS = 100
const VERIFY_FEE = 3_000n
const DURATION = 600

const montecarlo = fileURLToPath(new URL('../examples/montecarlo/', import.meta.url))
const pathtracer = fileURLToPath(new URL('../examples/pathtracer/', import.meta.url))

let market: GatewayMarket
let chain: MarketClient
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tender-jobs-'))
  market = await startGatewayMarket({ gateway: false })
  chain = await createMarketClient({ rpcUrl: market.market.rpcUrl, book: market.market.book })
}, DEADLINE_MS)
afterEach(killTenders)
afterAll(async () => {
  await market?.stop()
  await rm(folder, { recursive: true, force: true })
}, DEADLINE_MS)

type RanLease = {
  leaseId: Hex
  provider: string
  tasks: number
  paid: string
  refunded: string
  passed: boolean
  failedTasks: number[]
  faults: string[]
}
type Ran = { action: string; order: Hex; out: string; leases: RanLease[] }

/** Runs a command to its end. @returns what it printed as JSON, or the error that it told */
async function tender(...args: string[]): Promise<{ code: number | null; told: Record<string, unknown> }> {
  const { code, stdout, stderr } = await startTender(market.home, [
    ...args,
    ...(args[0] === 'run' ? AUCTION : []),
    '--yes',
    '--json',
  ]).finished
  return { code, told: JSON.parse(code === 0 || stdout !== '' ? stdout : stderr) }
}

async function run(...args: string[]): Promise<Ran> {
  const { code, told } = await tender('run', ...args)
  expect({ code, told }).toMatchObject({ code: 0 })
  // CAST: what the command says of itself in its help
  return told as Ran
}

/** Merges a job's results, as its example says. @returns what it prints */
async function merge(example: string, out: string): Promise<string> {
  return (await promisify(execFile)(process.execPath, [join(example, 'merge.ts'), out])).stdout
}

/** Balances of the market's dollar in escrow. */
async function balances() {
  const { rpc, book } = chain
  const of = (account: Address) =>
    rpc.readContract({
      address: book.contracts.leaseEscrow,
      abi: leaseEscrowAbi,
      functionName: 'balanceOf',
      args: [account, book.assets[0] ?? '0x'],
    })
  const keys = (roles: readonly { key: Hex }[]) => roles.map(({ key }) => privateKeyToAccount(key).address)
  const owners = market.market.providers.map(({ role }) => privateKeyToAccount(role.ownerKey).address)
  return {
    tenant: await of(privateKeyToAccount(tenantKey).address),
    owners: await Promise.all(owners.map(of)),
    monitors: await Promise.all(keys(monitorRoles).map(of)),
    fees: await of(book.contracts.rewards),
    jobs: await of(book.contracts.jobs),
  }
}

/** What a provider asks for a unit and hour, smallest units. */
function askedBy(provider: string): bigint {
  const found = market.market.providers.find((one) => String(one.provider.id) === provider)
  return readPrice(found?.role.price ?? '').value.digits * 1_000n
}

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)

test(
  'an honest job is run, verified and paid for, to the smallest unit',
  async () => {
    const before = await balances()
    const out = join(folder, 'darts')
    const { leases, order } = await run(join(montecarlo, 'job.yaml'), '--out', out)
    const after = await balances()

    expect(leases.map(({ tasks, passed, failedTasks, faults }) => ({ tasks, passed, failedTasks, faults }))).toEqual(
      [0, 1].map(() => ({ tasks: 8, passed: true, failedTasks: [], faults: [] })),
    )
    const merged = /^pi is (\S+) ± (\S+), by 80000000 darts of 16 tasks$/m.exec(await merge(montecarlo, out))
    expect(Math.abs(Number(merged?.[1]) - Math.PI)).toBeLessThan(6 * Number(merged?.[2]))

    // Two units for each lease, at what its provider asks for one.
    const prices = leases.map(({ provider }) => deposit(2n * askedBy(provider), DURATION))
    expect(leases.map(({ paid, refunded }) => [BigInt(paid), BigInt(refunded)])).toEqual(
      prices.map((price) => [price, 0n]),
    )
    const fees = sum(prices.map((price) => feeOf(price, FEE_BPS)))
    expect(sum(after.owners) - sum(before.owners)).toBe(sum(prices) - fees)
    expect(after.fees - before.fees).toBe(fees)

    const { told } = await tender('job', 'show', order)
    // CAST: what the command says of itself in its help
    const shown = told.leases as {
      state: string
      sampled: number[]
      verdicts: { passed?: boolean }[]
      events: { type: string; args: { signers?: string } }[]
    }[]
    for (const { state, sampled, verdicts } of shown) {
      expect(state).toBe('ended')
      expect(sampled).toHaveLength(3)
      expect(verdicts.filter(({ passed }) => passed).length).toBeGreaterThanOrEqual(2)
    }

    // Each validator has a third of the fee; that of one who did not sign in time is the tenant's again.
    const signers = shown.map(({ events }) => {
      const signed = BigInt(events.find(({ type }) => type === 'JobJudged')?.args.signers ?? 0)
      return BigInt([...signed.toString(2)].filter((bit) => bit === '1').length)
    })
    expect(signers.every((count) => count >= 2n)).toBe(true)
    const verifying = sum(signers) * (VERIFY_FEE / 3n)
    expect(sum(after.monitors) - sum(before.monitors)).toBe(verifying)
    expect(before.tenant - after.tenant).toBe(sum(prices) + verifying)
    expect(after.jobs).toBe(0n)
    await pinsResults(order, leases)
  },
  DEADLINE_MS,
)

/** Has the results of a job kept by an IPFS node, which here takes whatever CAR file it is sent for what it was told of before. */
async function pinsResults(order: Hex, leases: readonly RanLease[]): Promise<void> {
  const asked: string[] = []
  const cars: Buffer[] = []
  const node = createServer(async (request, response) => {
    const body = await buffer(request)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://node')
    if (pathname !== '/api/v0/dag/import') {
      asked.push(searchParams.get('arg') ?? '')
      return void response.writeHead(500).end(JSON.stringify({ Message: 'it is not pinned' }))
    }
    cars.push(body)
    const root = [...new Set(asked)][cars.length - 1]
    response.end(JSON.stringify({ Root: { Cid: { '/': root }, PinErrorMsg: '' } }))
  })
  node.listen(0, '127.0.0.1')
  await once(node, 'listening')
  try {
    // CAST: it listens on TCP
    const service = `kubo+http://127.0.0.1:${(node.address() as AddressInfo).port}`
    const states = async (...rest: string[]) => {
      const { told } = await tender('job', 'pin', order, service, ...rest)
      // CAST: what the command says of itself in its help
      return (told.leases as { leaseId: Hex; cid?: string; state: string }[]) ?? told
    }
    const ids = leases.map(({ leaseId }) => leaseId)
    expect(await states('--release')).toEqual(
      ids.map((leaseId) => expect.objectContaining({ leaseId, state: 'absent' })),
    )
    expect(await states()).toEqual(ids.map((leaseId) => expect.objectContaining({ leaseId, state: 'pinned' })))
    expect(cars.map((car) => car.includes('result.json'))).toEqual(ids.map(() => true))
  } finally {
    node.closeAllConnections()
    node.close()
  }
}

test(
  'a job whose command is killed goes on, and is a picture of three providers',
  async () => {
    const out = join(folder, 'picture')
    const first = startTender(market.home, ['run', join(pathtracer, 'job.yaml'), ...AUCTION, '--yes', '--out', out])
    const opened = Promise.withResolvers<void>()
    let said = ''
    first.process.stderr?.on('data', (text) => {
      said += text
      if (said.includes('results come to')) opened.resolve()
    })
    await Promise.race([opened.promise, first.finished])
    first.process.kill('SIGKILL')
    await first.finished

    const { action, leases } = await run(join(pathtracer, 'job.yaml'), '--out', out)
    expect(action).toBe('resumed')
    expect(leases.map(({ provider }) => provider).sort()).toEqual(['1', '2', '3'])
    expect(leases.every(({ passed, faults }) => passed && faults.length === 0)).toBe(true)
    expect(await readdir(join(out, 'outputs'))).toHaveLength(27)
    await merge(pathtracer, out)
    const picture = await readFile(`${out}.png`)
    expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([480, 270])

    // It is over: the same command orders anew, and leaves what is there alone.
    expect(await tender('run', join(pathtracer, 'job.yaml'), '--out', out)).toMatchObject({
      code: 7,
      told: { error: { code: 'otherResults' } },
    })
  },
  DEADLINE_MS,
)

/** The Monte Carlo job, changed. */
async function changed(name: string, change: (text: string) => string): Promise<string> {
  const file = join(folder, name)
  const text = await readFile(join(montecarlo, 'job.yaml'), 'utf8')
  await writeFile(file, change(text.replace('./montecarlo.wasm', join(montecarlo, 'montecarlo.wasm'))))
  return file
}

test(
  'a job that its tenant ends costs the cancel fee, and is over for the command that ran it',
  async () => {
    const slow = await changed('slow.yaml', (text) => text.replace('"5000000"', '"2000000000"'))
    const running = startTender(market.home, ['run', slow, ...AUCTION, '--yes', '--out', join(folder, 'slow')])
    let said = ''
    const begun = Promise.withResolvers<void>()
    running.process.stderr?.on('data', (text) => {
      said += text
      if (said.split('its tasks run').length > 2) begun.resolve()
    })
    await Promise.race([begun.promise, running.finished])
    const { told } = await tender('job', 'ps')
    // CAST: what the commands say of themselves in their help
    const jobs = told.jobs as { order: string; state: string; price: string }[]
    const [job] = jobs
    expect(jobs.map(({ state }) => state)).toEqual(['begun', 'begun'])
    const cancelled = (await tender('job', 'cancel', job?.order ?? '')).told.leases as {
      paid: string
      refunded: string
    }[]
    const prices = jobs.map(({ price }) => BigInt(price)).sort()
    expect(cancelled.map(({ paid }) => paid)).toEqual(['1000', '1000'])
    expect(cancelled.map(({ refunded }) => BigInt(refunded) + 1_000n).sort()).toEqual(prices)
    const { stdout } = await running.finished
    expect(stdout).toContain('the tenant cancelled it: 0.001 USDC paid')
    expect((await tender('job', 'ps')).told.jobs).toEqual([])
  },
  DEADLINE_MS,
)

test(
  'what is wrong is said before anything costs money',
  async () => {
    const before = await balances()
    const job = join(montecarlo, 'job.yaml')
    expect(await tender('up', job)).toMatchObject({ code: 2, told: { error: { code: 'isJob' } } })
    const service = fileURLToPath(new URL('../examples/hello/compose.yaml', import.meta.url))
    expect(await tender('run', service)).toMatchObject({ code: 2, told: { error: { code: 'isService' } } })

    const inputless = await changed('inputless.yaml', (text) =>
      text.replace('tasks: 16', 'tasks: 16\n    input: ./nothing'),
    )
    expect(await tender('run', inputless)).toMatchObject({ code: 5, told: { error: { code: 'fileNotFound' } } })
    const large = await changed('large.yaml', (text) => text.replace('max: 1KiB', 'max: 8'))
    expect(await tender('run', large, '--check')).toMatchObject({ code: 12, told: { error: { code: 'taskFails' } } })
    const dear = await changed('dear.yaml', (text) => text.replace('fee: 0.003 USDC', 'fee: 99 USDC'))
    expect(await tender('run', dear)).toMatchObject({ code: 3 })

    const { code, told } = await tender('run', job, '--check', '--dry-run')
    expect({ code, told }).toMatchObject({ code: 0, told: { action: 'planned', leases: [] } })
    expect(await balances()).toEqual(before)
  },
  DEADLINE_MS,
)
