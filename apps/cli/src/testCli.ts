import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runCli } from './cli/runCli.ts'
import type { Terminal } from './command.ts'
import { commands } from './commands.ts'
import { tenantKey } from './embedded/cast.ts'
import { type EmbeddedMarket, startEmbeddedMarket } from './embedded/startEmbeddedMarket.ts'
import { keepPlayKey } from './home/keystore.ts'
import { writeMarketProfile } from './home/marketProfile.ts'

/** What tests look at in what commands print. */
export type CliData = Record<'order' | 'url' | 'paid' | 'refunded' | 'address' | 'file' | 'deposited', string> & {
  seconds: number
  httpStatus: number
  leases: { leaseId: string; name: string; url: string; revision: number; status: string; reason?: string }[]
  action: string
  balances: { deposited: string; wallet: string }[]
  bids: unknown[]
  answers: unknown[]
  accounts: { name: string; address: string }[]
  committed: number
}

export type CliResult = {
  code: number
  stdout: string
  stderr: string
  /** Standard output as JSON. */
  data(): CliData
  /** Standard error as JSON. */
  error(): { code: string; class: string; message: string; hint?: string; data?: unknown }
}

export type RunOptions = {
  home: string
  signal?: AbortSignal
  /** What is typed or piped in. */
  stdin?: Readable | undefined
  /** Somebody sits there, for what passes keys on. */
  console?: Terminal | undefined
  /** Told of what is printed, as it is printed. */
  onStdout?: (text: string) => unknown
  onStderr?: (text: string) => unknown
}

/** Runs a command line in this process, without a terminal. */
export async function run(
  argv: readonly string[],
  { home, signal, stdin = new PassThrough(), console, onStdout, onStderr }: RunOptions,
): Promise<CliResult> {
  const out = new PassThrough()
  const err = new PassThrough()
  if (onStdout) out.on('data', (data: Buffer) => onStdout(String(data)))
  if (onStderr) err.on('data', (data: Buffer) => onStderr(String(data)))
  const told = [text(out), text(err)]
  const code = await runCli(argv, commands, {
    stdin,
    stdout: out,
    console,
    stderr: err,
    env: { TENDER_HOME: home },
    signal: signal ?? new AbortController().signal,
    terminal: { stdin: false, stdout: false, stderr: false, columns: 80 },
  })
  out.end()
  err.end()
  const [stdout = '', stderr = ''] = await Promise.all(told)
  const json = (printed: string) => {
    if (printed === '') throw new Error(`nothing was printed, but: ${stdout}${stderr}`)
    return JSON.parse(printed)
  }
  return { code, stdout, stderr, data: () => json(stdout), error: () => json(stderr).error }
}

export type TestMarket = {
  home: string
  market: EmbeddedMarket
  stop(): Promise<void>
}

/** An embedded market with its tenant's account, in a home that is removed afterwards. Without monitors unless asked for. */
export async function startTestMarket({
  dockerSocket,
  monitors = false,
}: {
  dockerSocket?: string
  monitors?: boolean
} = {}): Promise<TestMarket> {
  const home = await makeHome()
  const market = await startEmbeddedMarket({
    directory: join(home, 'dev'),
    firstPort: 0,
    settleEverySeconds: 60,
    eraSeconds: 5,
    monitors,
    dockerSocket,
    signal: new AbortController().signal,
    onProgress() {},
  })
  const { rpcUrl, book, bootstrap } = market
  await keepPlayKey(home, 'dev', tenantKey)
  await writeMarketProfile(home, 'dev', { version: 1, rpcUrl, book, bootstrap, account: 'dev' })
  return {
    home,
    market,
    async stop() {
      await market.stop()
      await rm(home, { recursive: true })
    },
  }
}

/** A home of its own. */
export function makeHome(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'tender-cli-'))
}
