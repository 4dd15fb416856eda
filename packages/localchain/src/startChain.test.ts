import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ChainPortTakenError, ChainStateCorruptError } from './errors.ts'
import { type LocalChain, type StartChainOptions, startChain } from './startChain.ts'

let dir: string
let chains: LocalChain[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tender-chain-'))
  chains = []
})

afterEach(async () => {
  await Promise.all(chains.map((chain) => chain.stop()))
  rmSync(dir, { recursive: true, force: true })
})

async function start(options?: StartChainOptions): Promise<LocalChain> {
  const chain = await startChain(options)
  chains.push(chain)
  return chain
}

async function rpc(url: string, method: string, params: unknown[] = []): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(5_000) })
  // CAST: a JSON-RPC answer of our own test chain.
  const { result, error } = (await answer.json()) as { result?: unknown; error?: unknown }
  expect(error).toBeUndefined()
  return result
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    // A killed process may wait for its parent to take note; that is dead enough.
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('startChain', () => {
  test('gives a chain on a free port that answers at once, and stops it', async () => {
    const chain = await start()
    expect(chain.url).toBe(`http://127.0.0.1:${chain.port}`)
    expect(await rpc(chain.url, 'eth_chainId')).toBe('0x7a69')
    await chain.stop()
    await chain.stop()
    await chain.ended
    expect(isAlive(chain.pid)).toBe(false)
  })

  test('mines each transaction at once, or a block at an interval when asked', async () => {
    const chain = await start({ blockTimeSeconds: 1 })
    await expect.poll(() => rpc(chain.url, 'eth_blockNumber'), { timeout: 5_000 }).toBe('0x1')
  })

  test('mines a block at an interval besides, when asked', async () => {
    const chain = await start({ heartbeatSeconds: 3 })
    await expect.poll(() => rpc(chain.url, 'eth_blockNumber'), { timeout: 10_000 }).toBe('0x1')
    const from = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
    const before = Number(await rpc(chain.url, 'eth_blockNumber'))
    await rpc(chain.url, 'eth_sendTransaction', [{ from, to: from, value: '0x1' }])
    // Sooner than the next block that comes by itself.
    const mined = async () => Number(await rpc(chain.url, 'eth_blockNumber'))
    await expect.poll(mined, { timeout: 2_500 }).toBeGreaterThan(before)
  })

  test('forgets the states of old blocks, also when blocks come by themselves', async () => {
    const { url } = await start({ heartbeatSeconds: 1 })
    await rpc(url, 'anvil_mine', ['0xc8'])
    const head = Number(await rpc(url, 'eth_blockNumber'))
    const balanceAt = (block: number) =>
      rpc(url, 'eth_getBalance', ['0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266', `0x${block.toString(16)}`])
    expect(await balanceAt(head - 100)).toBe('0x21e19e0c9bab2400000')
    await expect(balanceAt(head - 150)).rejects.toThrow('-32602')
  })

  test('keeps its state from one start to the next', async () => {
    const stateFile = join(dir, 'deep', 'chain.json')
    const first = await start({ stateFile })
    await rpc(first.url, 'anvil_setBalance', ['0x00000000000000000000000000000000000000aa', '0x2a'])
    await rpc(first.url, 'evm_mine')
    await first.stop()
    const second = await start({ stateFile })
    expect(await rpc(second.url, 'eth_getBalance', ['0x00000000000000000000000000000000000000aa', 'latest'])).toBe(
      '0x2a',
    )
    expect(await rpc(second.url, 'eth_blockNumber')).toBe('0x1')
  })

  test('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    try {
      await expect(start({ port })).rejects.toMatchObject({
        name: ChainPortTakenError.name,
        code: 'chainPortTaken',
        port,
      })
    } finally {
      server.close()
    }
  })

  test.each(['', '{"accounts":', '{}'])('refuses a state file that holds %j, and leaves it alone', async (content) => {
    const file = join(dir, 'chain.json')
    writeFileSync(file, content)
    await expect(start({ stateFile: file })).rejects.toMatchObject({ name: ChainStateCorruptError.name, file })
    expect(readFileSync(file, 'utf8')).toBe(content)
  })

  test('gives up when aborted, before and while it starts', async () => {
    const reason = new Error('enough')
    await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const starting = start({ signal: controller.signal })
    controller.abort(reason)
    await expect(starting).rejects.toBe(reason)
  })

  test('gives up when it takes too long', async () => {
    await expect(start({ readyTimeoutMs: 0 })).rejects.toMatchObject({ code: 'chainStart' })
  })

  test('tells when the chain ends by itself', async () => {
    const chain = await start()
    process.kill(chain.pid, 'SIGKILL')
    await chain.ended
    await chain.stop()
  })

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'dies with its parent, by %s too, and writes its state first',
    async (how) => {
      const stateFile = join(dir, 'chain.json')
      const script = `
      import { startChain } from ${JSON.stringify(new URL('./startChain.ts', import.meta.url).href)}
      const { pid, url } = await startChain({ stateFile: ${JSON.stringify(stateFile)}, stateIntervalSeconds: 3600 })
      console.log(JSON.stringify({ pid, url }))`
      const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [line] = await once(createInterface({ input: parent.stdout }), 'line')
      const { pid, url } = JSON.parse(line)
      await rpc(url, 'evm_mine')
      parent.kill(how)
      await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
      const again = await start({ stateFile })
      expect(await rpc(again.url, 'eth_blockNumber')).toBe('0x1')
    },
  )
})
