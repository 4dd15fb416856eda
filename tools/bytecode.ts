/**
 * The fingerprints of the contracts' bytecode in `contracts/bytecode.json`: what the sources compile to, and what stands on a chain.
 *
 *   npm run bytecode                                   compiles, and compares with the committed fingerprints
 *   npm run bytecode -- --clean                        the same from nothing, in another directory
 *   npm run bytecode -- --write                        compiles, and writes them
 *   npm run bytecode -- --rpc URL --market FILE        compares the code of a market's contracts; FILE is its address book
 *
 * Exits with 1 if anything differs.
 */
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Artifact, buildContracts, lowerFirst, publishedContracts, readArtifact } from './artifacts.ts'
import { contractsDir } from './forge.ts'

/** Where the bytes of an immutable stand in the code that runs; the same value may stand in several places. */
type Place = readonly [start: number, length: number]

/** What a contract's bytecode is recognised by. */
export type Fingerprint = {
  /** Of the code that creates it, without the constructor's arguments. */
  creationSha256: string
  /** Of the code that runs, its immutables zeros. */
  runtimeSha256: string
  runtimeBytes: number
  /** Written by the constructor. */
  immutables: readonly Place[]
}

export type Fingerprints = Readonly<Record<string, Fingerprint>>

const committedFile = join(contractsDir, 'bytecode.json')

/** An answer later than this is none. */
const RPC_TIMEOUT_MS = 30_000

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replace(/^0x/, ''), 'hex')
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The code as the compiler leaves it: with zeros where the constructor writes. */
function masked(code: Uint8Array, places: readonly Place[]): Buffer {
  const bytes = Buffer.from(code)
  for (const [start, length] of places) bytes.fill(0, start, start + length)
  return bytes
}

function fingerprintOf({ bytecode, deployedBytecode }: Artifact): Fingerprint {
  const runtime = bytesOf(deployedBytecode.object)
  const immutables = Object.values(deployedBytecode.immutableReferences ?? {})
    .flat()
    .map(({ start, length }) => [start, length] as const)
    .toSorted(([a], [b]) => a - b)
  return {
    creationSha256: sha256(bytesOf(bytecode.object)),
    runtimeSha256: sha256(masked(runtime, immutables)),
    runtimeBytes: runtime.length,
    immutables,
  }
}

function compiled(directory: string): Fingerprints {
  buildContracts(directory)
  const entries = Object.entries(publishedContracts).map(
    ([name, file]) => [lowerFirst(name), fingerprintOf(readArtifact(name, file, directory))] as const,
  )
  return Object.fromEntries(entries)
}

/** Compiles a copy that shares nothing with `contracts/` but its sources and what npm installed. */
function compiledElsewhere(): Fingerprints {
  const root = mkdtempSync(join(tmpdir(), 'tender-bytecode-'))
  try {
    const directory = join(root, 'contracts')
    for (const file of ['foundry.toml', 'solc.mjs', 'package.json', 'src', 'lib']) {
      cpSync(join(contractsDir, file), join(directory, file), { recursive: true, verbatimSymlinks: true })
    }
    symlinkSync(join(contractsDir, '../node_modules'), join(root, 'node_modules'))
    return compiled(directory)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Names whose fingerprints differ, or that only one of the two has. */
export function differing(found: Fingerprints, wanted: Fingerprints): string[] {
  const names = new Set([...Object.keys(found), ...Object.keys(wanted)])
  return [...names].filter((name) => JSON.stringify(found[name]) !== JSON.stringify(wanted[name])).sort()
}

/** What a contract's code on a chain has to do with its fingerprint, and what its constructor wrote. */
export function compareRuntime(
  code: string,
  { runtimeSha256, runtimeBytes, immutables }: Fingerprint,
): { same: boolean; values: string[] } {
  const bytes = bytesOf(code)
  if (bytes.length !== runtimeBytes) return { same: false, values: [] }
  const values = immutables.map(([start, length]) => bytes.subarray(start, start + length).toString('hex'))
  return { same: sha256(masked(bytes, immutables)) === runtimeSha256, values: [...new Set(values)] }
}

type AddressBook = { contracts: Readonly<Record<string, string>> }

async function codeAt(rpcUrl: string, address: string): Promise<string> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getCode', params: [address, 'latest'] }),
    signal: AbortSignal.timeout(RPC_TIMEOUT_MS),
  })
  // CAST: JSON-RPC, and what is no code has another fingerprint.
  const { result, error } = (await answer.json()) as { result?: string; error?: { message: string } }
  if (typeof result !== 'string') throw new Error(`no code of ${address}: ${error?.message ?? answer.status}`)
  return result
}

/** An immutable as a reader knows it: another contract of the market, an address or a number. */
function readable(value: string, book: AddressBook): string {
  const known = Object.entries(book.contracts).find(([, at]) => value.endsWith(at.slice(2).toLowerCase()))
  if (known) return known[0]
  const digits = value.replace(/^0+/, '')
  return digits.length <= 12 ? String(Number.parseInt(digits || '0', 16)) : `0x${digits}`
}

/** Compares each contract of an address book; says what differs, and what each was created with. */
async function compareChain(rpcUrl: string, book: AddressBook, wanted: Fingerprints): Promise<boolean> {
  let good = true
  for (const [name, address] of Object.entries(book.contracts)) {
    const fingerprint = wanted[name]
    const { same, values } = fingerprint
      ? compareRuntime(await codeAt(rpcUrl, address), fingerprint)
      : { same: false, values: [] }
    good &&= same
    const created = values.map((value) => readable(value, book)).join(', ')
    console.log(`${same ? 'same' : 'DIFFERS'}  ${name} ${address}${same && created ? `  created with ${created}` : ''}`)
  }
  return good
}

function committed(): Fingerprints {
  // CAST: written by this tool.
  return JSON.parse(readFileSync(committedFile, 'utf8')) as Fingerprints
}

/** One contract a line, so that a change shows which. */
function written(fingerprints: Fingerprints): string {
  const lines = Object.entries(fingerprints).map(([name, one]) => `  ${JSON.stringify(name)}: ${JSON.stringify(one)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

function compareSources(found: Fingerprints): boolean {
  const different = differing(found, committed())
  if (different.length === 0) {
    console.log(`${Object.keys(found).length} contracts compile to the committed bytecode`)
    return true
  }
  console.error(`contracts/bytecode.json is not what the sources compile to: ${different.join(', ')}`)
  console.error('If the contracts were meant to change, run npm run bytecode -- --write and commit the result.')
  return false
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      clean: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      rpc: { type: 'string' },
      market: { type: 'string' },
    },
  })
  if ((values.rpc === undefined) !== (values.market === undefined)) throw new Error('--rpc and --market go together')
  if (values.rpc !== undefined && values.market !== undefined) {
    // CAST: what is no address book has no contracts to compare, and that throws.
    const book = JSON.parse(readFileSync(values.market, 'utf8')) as AddressBook
    if (!(await compareChain(values.rpc, book, committed()))) process.exitCode = 1
    return
  }
  const found = values.clean ? compiledElsewhere() : compiled(contractsDir)
  if (values.write) writeFileSync(committedFile, written(found))
  else if (!compareSources(found)) process.exitCode = 1
}

if (import.meta.main) await main()
