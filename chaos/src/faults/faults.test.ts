import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { leaseEscrowAbi } from '@tender/abi'
import { startChain } from '@tender/localchain'
import { type Address, concat, getAbiItem, pad, toEventSelector } from 'viem'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Fault } from '../fault.ts'
import type { TakenBack } from '../history.ts'
import { randomOf } from '../random.ts'
import { type RpcGate, type RpcRule, startRpcGate } from '../world/rpcGate.ts'
import type { World, WorldProcess } from '../world/world.ts'
import { clock } from './clock.ts'
import { cuts } from './cuts.ts'
import { diskFull } from './diskFull.ts'
import { garbage, garbageNames, portsOf, sayGarbage } from './garbage.ts'
import { reorg } from './reorg.ts'
import { failingRule, rpcErrors } from './rpcErrors.ts'
import { lies, lyingRule, rpcLies } from './rpcLies.ts'
import { slow } from './slow.ts'

const run = promisify(execFile)
const never = new AbortController().signal
const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const random = randomOf(7)

/** Of a world and a process only what the fault in question looks at. */
function inject(fault: Fault, target: Partial<WorldProcess>, world: Partial<World> = {}) {
  // CAST: the fault asks for nothing else
  return fault.inject(world as World, randomOf(7), never, target as WorldProcess)
}

/** A chain that answers each method with what is set, behind a gate. */
async function gateTo(answers: Record<string, unknown>): Promise<RpcGate> {
  const server = createServer(async (request, response) => {
    const { id, method } = JSON.parse((await request.toArray()).join(''))
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const gate = await startRpcGate({ target: `http://127.0.0.1:${port}`, host: '127.0.0.1' })
  onTestFinished(async () => {
    await gate.close()
    server.close()
  })
  return gate
}

async function ask(gate: RpcGate, method: string, params: unknown[] = []) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 3, method, params })
  const answer = await fetch(gate.url, { method: 'POST', body, signal: AbortSignal.timeout(10_000) })
  return { status: answer.status, text: await answer.text() }
}

const resultOf = async (gate: RpcGate, method: string, params?: unknown[]) =>
  JSON.parse((await ask(gate, method, params)).text).result

test('an endpoint fails in each way, and answers again', async () => {
  const gate = await gateTo({ eth_chainId: '0x7a69' })
  const under = async <T>(how: Parameters<typeof failingRule>[0], look: () => Promise<T>, ended = never) => {
    const restore = gate.intercept(failingRule(how, 1, random, ended))
    return look().finally(restore)
  }
  const chainId = () => ask(gate, 'eth_chainId')
  expect(await under('internalError', chainId)).toMatchObject({ status: 500 })
  expect(await under('tooManyRequests', chainId)).toMatchObject({ status: 429 })
  const { text } = await under('truncated', chainId)
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
  await expect(under('dropped', chainId)).rejects.toThrow('fetch failed')
  const over = new AbortController()
  const hanging = under('timeout', chainId, over.signal)
  over.abort()
  await expect(hanging).rejects.toThrow('fetch failed')
  expect(await resultOf(gate, 'eth_chainId')).toBe('0x7a69')
})

test('an endpoint lies about what it was chosen to, and about nothing else', async () => {
  const receipt = { status: '0x1', logs: [{ data: '0x' }], blockNumber: '0x20' }
  const gate = await gateTo({
    ...{ eth_blockNumber: '0x20', eth_getLogs: [1], eth_getBalance: '0x5', eth_call: '0x05' },
    eth_getTransactionReceipt: receipt,
  })
  const told = async (rule: RpcRule) => {
    const restore = gate.intercept(rule)
    const methods = ['eth_blockNumber', 'eth_getTransactionReceipt', 'eth_getLogs', 'eth_getBalance']
    const answers = await Promise.all(methods.map((method) => resultOf(gate, method)))
    const balance = await resultOf(gate, 'eth_call', [{ data: '0x70a08231' }, 'latest'])
    const other = await resultOf(gate, 'eth_call', [{ data: '0x12345678' }, 'latest'])
    restore()
    return [...answers, balance, other]
  }
  const zero = `0x${'0'.repeat(64)}`
  expect(await told(lyingRule(lies.oldBlock))).toEqual(['0x18', receipt, [1], '0x5', '0x05', '0x05'])
  const failed = { ...receipt, status: '0x0', logs: [] }
  expect(await told(lyingRule(lies.wrongReceipt))).toEqual(['0x20', failed, [1], '0x5', '0x05', '0x05'])
  expect(await told(lyingRule(lies.missingLogs))).toEqual(['0x20', receipt, [], '0x5', '0x05', '0x05'])
  expect(await told(lyingRule(lies.wrongBalance))).toEqual(['0x20', receipt, [1], '0x0', zero, '0x05'])
})

test('faults of an endpoint undo themselves', async () => {
  const gate = await gateTo({ eth_blockNumber: '0x20' })
  for (const fault of [rpcErrors, rpcLies]) {
    const undo = await inject(fault, { rpc: gate })
    await undo()
    expect(await resultOf(gate, 'eth_blockNumber')).toBe('0x20')
  }
})

/** A contract that tells as an event what it is called with: four topics, and the data. */
const teller = '0x365f5f376060356040356020355f35608036036080a400'

test('a reorganisation takes blocks back with what was in them, and it is known which leases those were', async () => {
  const chain = await startChain()
  onTestFinished(() => chain.stop())
  const call = async (method: string, params: unknown[]) => {
    const answer = await fetch(chain.url, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    // CAST: JSON-RPC of our own chain
    return ((await answer.json()) as { result: unknown }).result
  }
  const leaseEscrow: Address = `0x${'ab'.repeat(20)}`
  const lease = pad('0x11')
  const event = toEventSelector(getAbiItem({ abi: leaseEscrowAbi, name: 'LeaseOpened' }))
  const input = concat([event, lease, pad('0x22'), pad('0x33'), pad('0x', { size: 22 * 32 })])
  // CAST: addresses
  const [rich] = (await call('eth_accounts', [])) as Address[]
  await call('anvil_setCode', [leaseEscrow, teller])
  await call('anvil_mine', ['0x7'])
  await call('eth_sendTransaction', [{ from: rich, to: leaseEscrow, input }])
  const before = await call('eth_getBlockByNumber', ['latest', false])
  const takenBack: TakenBack[] = []
  // CAST: the fault asks for one contract alone
  const book = { contracts: { leaseEscrow } } as World['book']
  const undo = await inject(reorg, {}, { chainUrl: chain.url, book, takenBack })
  expect(takenBack).toEqual([{ lease, at: expect.any(Number) }])
  await undo()
  expect(await call('eth_blockNumber', [])).toBe('0x8')
  expect(await call('eth_getBlockByNumber', ['latest', false])).not.toEqual(before)
})

test('a slow process stands still and goes on, and runs on in the end', async () => {
  const [pause, resume] = [vi.fn(), vi.fn()]
  const undo = await inject(slow, { pause, resume })
  expect(pause).toHaveBeenCalledOnce()
  await expect.poll(() => pause.mock.calls.length).toBeGreaterThan(1)
  await undo()
  const paused = pause.mock.calls.length
  expect(resume.mock.invocationCallOrder.at(-1)).toBeGreaterThan(pause.mock.invocationCallOrder.at(-1) ?? 0)
  expect(pause).toHaveBeenCalledTimes(paused)
})

test.runIf(isRoot)('a disk is full, and then as large as before', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'tender-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', stateDir])
  onTestFinished(() => {
    execFileSync('umount', [stateDir])
    rmSync(stateDir, { recursive: true })
  })
  const write = (name: string) => writeFileSync(join(stateDir, name), Buffer.alloc(100_000))
  write('before')
  const undo = await inject(diskFull, { stateDir })
  expect(() => write('meanwhile')).toThrow(/ENOSPC/)
  // Of two at once the first may end first.
  const undoSecond = await inject(diskFull, { stateDir })
  await undo()
  expect(() => write('meanwhile')).toThrow(/ENOSPC/)
  await undoSecond()
  write('after')
})

test('a program with a wrong clock measures time that passes rightly, and the clock jumps', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tender-clock-'))
  const file = join(folder, 'clock')
  writeFileSync(file, '3600000')
  const script = 'setInterval(() => console.log(Date.now(), new Date().getTime(), new Date(5).getTime()), 50)'
  const preload = fileURLToPath(new URL('wrongClock.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', preload, '-e', script], {
    ...{ env: { ...process.env, CHAOS_CLOCK: file }, stdio: ['ignore', 'pipe', 'inherit'] },
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })
  let ahead: number[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [now = 0, made = 0, told = 0] = line.split(' ').map(Number)
    ahead = [Math.round((now - Date.now()) / 60_000), Math.round((made - Date.now()) / 60_000), told]
  })
  await expect.poll(() => ahead).toEqual([60, 60, 5])
  writeFileSync(file, '-7200000')
  await expect.poll(() => ahead).toEqual([-120, -120, 5])
})

test('a process starts with a wrong clock, and again with the right one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tender-clock-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [start, kill] = [vi.fn(async () => {}), vi.fn(async () => {})]
  const undo = await inject(clock, { name: 'dawn', start, kill }, { folder })
  expect(start).toHaveBeenLastCalledWith({
    env: { CHAOS_CLOCK: join(folder, 'clock-dawn') },
    imports: [expect.any(String)],
  })
  await undo()
  expect(start).toHaveBeenLastCalledWith()
  expect(kill).toHaveBeenCalledTimes(2)
})

test.runIf(isRoot)('connections are cut both ways and one way, and stand again', async () => {
  const namespace = `chaos-cut-${process.pid}`
  const within = (...words: string[]) => run('ip', ['netns', 'exec', namespace, ...words])
  execFileSync('ip', ['netns', 'add', namespace])
  onTestFinished(() => void execFileSync('ip', ['netns', 'del', namespace]))
  const before = (await within('iptables', '-S')).stdout
  const rules = { cut: ['INPUT', 'OUTPUT'], cutIn: ['INPUT'], cutOut: ['OUTPUT'] }
  for (const fault of cuts) {
    const undo = await inject(fault, { namespace })
    const added = (await within('iptables', '-S')).stdout.split('\n').filter((rule) => rule.includes('DROP'))
    expect(added.map((rule) => rule.split(' ')[1])).toEqual(
      Object.entries(rules).find(([name]) => name === fault.name)?.[1],
    )
    await undo()
    expect((await within('iptables', '-S')).stdout).toBe(before)
  }
})

test.runIf(process.platform === 'linux')('strangers talk nonsense to every port that a process has', async () => {
  const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  expect(portsOf(process.pid)).toContain(port)
  expect(portsOf(undefined)).toEqual([])
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  const undo = await inject(garbage, { pid: process.pid, address: '127.0.0.1' })
  await expect.poll(() => connections).toBeGreaterThan(0)
  await undo()
  expect(garbageNames.length).toBeGreaterThan(10)
  const heard = await sayGarbage({ host: '127.0.0.1', port }, 'noise', random, never)
  expect(heard.toString()).toMatch(/^HTTP\/1.1 400/)
})
