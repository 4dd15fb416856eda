import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WASI } from 'node:wasi'
import { median } from './quantile.ts'

// Run by bench/wasm.ts as a process of its own: the hello example in plain Node, a fresh instance for each call, with nothing of HTTP,
// threads or limits around it. What it writes goes nowhere.

/** What it tells its parent. */
export type BareWasm = {
  /** Compile, instantiate, call, the first time. */
  coldMs: number
  callsPerSecond: number
  /** Of a call, making the instance; median. */
  instantiateUs: number
}

/** The module of the hello example. */
export const hello = join(import.meta.dirname, '../examples/hello/hello.wasm')

const CALLS = 10_000
const WARM_UP_CALLS = 3_000

if (process.send) process.send(measure())

function measure(): BareWasm {
  const bytes = readFileSync(hello)
  const nowhere = openSync('/dev/null', 'w')
  const coldFromMs = performance.now()
  const module = new WebAssembly.Module(bytes)
  call(module, nowhere)
  const coldMs = performance.now() - coldFromMs
  for (let n = 0; n < WARM_UP_CALLS; n++) call(module, nowhere)
  const startedMs = performance.now()
  const instantiating = Array.from({ length: CALLS }, () => call(module, nowhere))
  const seconds = (performance.now() - startedMs) / 1000
  return { coldMs, callsPerSecond: CALLS / seconds, instantiateUs: median(instantiating) * 1000 }
}

/** @returns milliseconds until the instance stood */
function call(module: WebAssembly.Module, stdout: number): number {
  const startedMs = performance.now()
  const env = { REQUEST_METHOD: 'GET', PATH_INFO: '/', QUERY_STRING: '', TENDER_LEASE: `0x${'00'.repeat(32)}` }
  const wasi = new WASI({ version: 'preview1', env, stdout, returnOnExit: true })
  // CAST: its imports are those that WASI has
  const instance = new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports)
  const tookMs = performance.now() - startedMs
  wasi.start(instance)
  return tookMs
}
