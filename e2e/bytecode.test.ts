import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Who wants to know what stands on a chain compares it with the committed bytecode, by the command a reader would use.

const tool = join(import.meta.dirname, '../tools/bytecode.ts')
const command = promisify(execFile)

let market: TestMarket
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tender-onchain-'))
  market = await startTestMarket()
})
afterAll(async () => {
  await market?.stop()
  await rm(directory, { recursive: true, force: true })
})

async function compared(contracts: object): Promise<{ code: number; lines: string[] }> {
  const file = join(directory, 'market.json')
  await writeFile(file, JSON.stringify({ ...market.book, contracts }))
  const words = [tool, '--rpc', market.chain.url, '--market', file]
  const done = await command(process.execPath, words).catch((error: { code: number; stdout: string }) => error)
  return { code: 'code' in done ? done.code : 0, lines: done.stdout.trim().split('\n') }
}

test('a market of these sources is recognised, and what it was created with is told', async () => {
  const { contracts } = market.book
  const { code, lines } = await compared(contracts)
  expect(code).toBe(0)
  expect(lines).toHaveLength(Object.keys(contracts).length)
  expect(lines.every((line) => line.startsWith('same'))).toBe(true)
  expect(lines.find((line) => line.startsWith('same  leaseEscrow'))).toMatch(/created with 9000, .*orderBook/)
})

test('other code at a contract’s address is told', async () => {
  const { contracts } = market.book
  const { code, lines } = await compared({ ...contracts, leaseEscrow: contracts.staking })
  expect(code).toBe(1)
  expect(lines.filter((line) => line.startsWith('DIFFERS'))).toEqual([`DIFFERS  leaseEscrow ${contracts.staking}`])
})
