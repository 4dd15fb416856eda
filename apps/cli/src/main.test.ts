import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { commands } from './commands.ts'
import { type MarketProfile, writeMarketProfile } from './home/marketProfile.ts'
import { makeHome } from './testCli.ts'

const exec = promisify(execFile)
const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const shim = fileURLToPath(new URL('../bin/tender.js', import.meta.url))
const home = await makeHome()
const env = { ...process.env, TENDER_HOME: home }
afterAll(() => rm(home, { recursive: true }))

const nowhere = `0x${'11'.repeat(20)}` as const
const profile = {
  version: 1 as const,
  bootstrap: [],
  book: {
    chainId: 31_337,
    deployBlock: 0,
    assets: [nowhere],
    contracts: {
      accessManager: nowhere,
      stakeToken: nowhere,
      rewards: nowhere,
      eraReports: nowhere,
      jobs: nowhere,
      providerRegistry: nowhere,
      staking: nowhere,
      capacityRegistry: nowhere,
      leaseEscrow: nowhere,
      orderBook: nowhere,
    },
  },
} satisfies Omit<MarketProfile, 'rpcUrl'>

/** A market whose endpoint is not what it should be. */
async function serveMarket(name: string, server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await writeMarketProfile(home, name, { ...profile, rpcUrl: addressOf(server) })
}

function addressOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return `http://127.0.0.1:${address.port}`
}

/** A Node of this machine that cannot run TypeScript: not the one that npm brought. */
const oldNode = await findOldNode()

async function findOldNode(): Promise<string | undefined> {
  for (const directory of [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']) {
    const node = join(directory, 'node')
    if (!existsSync(node)) continue
    const { stdout } = await exec(node, ['--version'])
    const [major = 0, minor = 0] = stdout.slice(1).split('.').map(Number)
    if (major < 22 || (major === 22 && minor < 18)) return node
  }
  return undefined
}

test.skipIf(oldNode === undefined)(
  'a Node that cannot run TypeScript starts the one that came with Tender',
  async () => {
    const { stdout } = await exec(oldNode ?? '', [shim, '--help'], { env })
    expect(stdout).toContain('Usage: tender')
    const failed = exec(oldNode ?? '', [shim, 'nonsense', '--json'], { env })
    await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('"code": "usage"') })
  },
)

test.skipIf(oldNode === undefined)('the Node that is started gets the signals', async () => {
  const server = createServer(() => {}) // takes connections and never answers
  await serveMarket('mute', server)
  const child = spawn(oldNode ?? '', [shim, 'balance', '--market', 'mute'], { env, stdio: 'ignore' })
  await once(server, 'connection')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([130, null])
  server.close()
})

test('help loads nothing large', async () => {
  const watcher = `import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) { console.error(url); return next(url, context) } })`
  const watched = ['--import', `data:text/javascript,${encodeURIComponent(watcher)}`]
  const { stdout, stderr } = await exec(process.execPath, [...watched, main, '--help'], { env })
  for (const { name, summary } of commands) expect(stdout.replace(/\s+/g, ' ')).toContain(`${name} ${summary}`)
  expect(stderr).toContain('/commander/')
  expect(stderr).not.toMatch(/node_modules\/(?!commander)/)
})

test('an endpoint that is down is asked again, and then the exit code says so', async () => {
  const server = createServer()
  let asked = 0
  server.on('connection', (socket) => {
    asked++
    socket.destroy()
  })
  await serveMarket('down', server)
  const failed = exec(process.execPath, [main, 'ps', '--market', 'down', '--json'], { env })
  await expect(failed).rejects.toMatchObject({ code: 9, stdout: '', stderr: expect.stringContaining('rpcUnreachable') })
  expect(asked).toBeGreaterThan(1)

  await writeMarketProfile(home, 'dev', { ...profile, rpcUrl: addressOf(server) })
  const own = exec(process.execPath, [main, 'ps'], { env })
  await expect(own).rejects.toMatchObject({ code: 9, stderr: expect.stringContaining('Start it with `tender dev`') })
  server.close()
})

test('the package names the shim', async () => {
  const { bin } = JSON.parse(await readFile(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8'))
  expect(bin).toEqual({ tender: './bin/tender.js' })
})
