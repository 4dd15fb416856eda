import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AddressBook, parseAddressBook } from '@tender/sdk'
import type { Ask, HeapTold } from './probe.ts'

const main = join(import.meta.dirname, '../../apps/cli/src/main.ts')
const probe = join(import.meta.dirname, 'probe.ts')

const START_MS = 900_000
/** A daemon that is asked to stop may take its time. */
const STOP_MS = 60_000
/** For a full collection of both threads' garbage on a busy machine. */
const HEAP_MS = 30_000

/** What `tender dev --json` prints, as far as it is used. */
type Report = {
  rpcUrl: string
  dashboard: string
  metrics: string
  bootstrap: string[]
  providers: { name: string }[]
}

/** The market of `npm start` in a process of its own, with nothing rented. */
export type SoakedMarket = Report & {
  pid: number
  book: AddressBook
  /** Everything that it keeps is below it. */
  directory: string
  /** Memory in use after all garbage is collected, of each of its threads; `undefined` if they have no time to tell. */
  heap(): Promise<HeapTold[] | undefined>
  /** Aborted if it ends by itself. */
  ended: AbortSignal
  stop(): Promise<void>
}

/** @param home a folder for it, empty */
export async function startMarket(home: string, signal: AbortSignal): Promise<SoakedMarket> {
  const options = ['--json', '--empty', '--port', '0', '--socket', join(home, 'no-docker')]
  const child = spawn(process.execPath, ['--expose-gc', '--import', probe, main, 'dev', ...options], {
    env: { ...process.env, TENDER_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C goes to the soak, which then stops it.
    detached: true,
  })
  const ended = new AbortController()
  const errors = child.stderr ? text(child.stderr) : Promise.resolve('')
  child.once('exit', async (code) =>
    ended.abort(new Error(`the market ended with ${code}: ${(await errors).slice(-2_000)}`)),
  )
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGINT')
    const killing = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await gone
    clearTimeout(killing)
  }
  try {
    const soon = AbortSignal.any([signal, ended.signal, AbortSignal.timeout(START_MS)])
    // CAST: this project's own program prints it
    const report = JSON.parse(await firstObject(child, soon)) as Report
    const directory = join(home, 'dev')
    const book = parseAddressBook(JSON.parse(await readFile(join(directory, 'contracts.json'), 'utf8')))
    return { ...report, pid: child.pid ?? 0, book, directory, heap: () => heapOf(child), ended: ended.signal, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The first JSON that it prints; it may take several lines. */
async function firstObject({ stdout }: ChildProcess, signal: AbortSignal): Promise<string> {
  let said = ''
  stdout?.setEncoding('utf8').on('data', (part: string) => {
    said += part
  })
  for (;;) {
    if (isWhole(said)) return said
    await sleep(50, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

function isWhole(said: string): boolean {
  try {
    JSON.parse(said)
    return true
  } catch {
    return false
  }
}

/** The market's own thread and the gateway's. */
const THREADS = 2

async function heapOf(child: ChildProcess): Promise<HeapTold[] | undefined> {
  const told: HeapTold[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const hear = (message: HeapTold) => {
    told.push(message)
    if (told.length === THREADS) resolve()
  }
  child.on('message', hear)
  const late = setTimeout(resolve, HEAP_MS)
  try {
    child.send({ soak: 'heap' } satisfies Ask)
    await promise
    return told.length === THREADS ? told : undefined
  } finally {
    clearTimeout(late)
    child.off('message', hear)
  }
}
