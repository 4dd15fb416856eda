import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { untilAnswered } from './engine.ts'

const TIMEOUT_MS = 120_000

/** A process that has the module, Node's own WASI and HTTP server, and nothing else; a fresh instance for each request. */
const PROGRAM = `const { readFileSync, openSync } = require('node:fs')
const { WASI } = require('node:wasi')
const compiled = new WebAssembly.Module(readFileSync(process.argv[2]))
const stdout = openSync('/dev/null', 'w')
const env = { REQUEST_METHOD: 'GET', PATH_INFO: '/', QUERY_STRING: '', TENDER_LEASE: '' }
const server = require('node:http').createServer((_, response) => {
  const wasi = new WASI({ version: 'preview1', env, stdout, returnOnExit: true })
  response.writeHead(wasi.start(new WebAssembly.Instance(compiled, wasi.getImportObject())) === 0 ? 200 : 500).end()
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

/** The program to be started by {@link runBareWasm}. @returns where it is */
export async function writeBareWasm(folder: string): Promise<string> {
  const program = join(folder, 'bare.cjs')
  await writeFile(program, PROGRAM)
  return program
}

/** @returns milliseconds from the start of a process to its first 200 */
export async function runBareWasm(program: string, module: string): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, ['--no-warnings', program, module], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const lines = createInterface({ input: child.stdout })
    const [port] = await once(lines, 'line', { signal: AbortSignal.timeout(TIMEOUT_MS) })
    await untilAnswered(`http://127.0.0.1:${port}/`)
    return performance.now() - started
  } finally {
    child.kill('SIGKILL')
  }
}
