/**
 * Writes `packages/abi/src/generated` from the contracts: per contract its ABI and bytecode, and all their errors in one.
 *
 *   npm run abi               writes
 *   npm run abi -- --check    exits with 1 if what is committed is stale
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AbiItem, buildContracts, lowerFirst, publishedContracts, readArtifact } from './artifacts.ts'

const generatedDir = join(import.meta.dirname, '../packages/abi/src/generated')
const header = '// Generated from the contracts by `npm run abi`. Do not edit.\n'

function signatureOf({ name, inputs }: AbiItem): string {
  return `${name}(${(inputs ?? []).map((input) => input.type).join(',')})`
}

/** One line of a generated file. Solidity's own names of types say nothing to who calls. */
function lineOf(item: AbiItem): string {
  return `  ${JSON.stringify(item, (key, value) => (key === 'internalType' ? undefined : value))},`
}

/** The text of every generated file, by its name. */
function generate(): Map<string, string> {
  const files = new Map<string, string>()
  const errors = new Map<string, AbiItem>()
  for (const [name, file] of Object.entries(publishedContracts)) {
    const { abi, bytecode } = readArtifact(name, file)
    const constant = lowerFirst(name)
    const lines = abi.map(lineOf).join('\n')
    files.set(
      `${constant}.ts`,
      `${header}export const ${constant}Abi = [\n${lines}\n] as const\n\nexport const ${constant}Bytecode = '${bytecode.object}'\n`,
    )
    for (const item of abi) if (item.type === 'error') errors.set(signatureOf(item), item)
  }
  const sorted = [...errors].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => lineOf(item))
  files.set('errors.ts', `${header}export const errorsAbi = [\n${sorted.join('\n')}\n] as const\n`)
  return files
}

function committed(): Map<string, string> {
  const names = readdirSync(generatedDir)
  return new Map(names.map((name) => [name, readFileSync(join(generatedDir, name), 'utf8')]))
}

/** Names of files that differ, are missing or should not be there. */
function stale(wanted: Map<string, string>, found: Map<string, string>): string[] {
  return [...new Set([...wanted.keys(), ...found.keys()])].filter((name) => wanted.get(name) !== found.get(name))
}

function main(): void {
  buildContracts()
  mkdirSync(generatedDir, { recursive: true })
  const wanted = generate()
  const different = stale(wanted, committed())
  if (process.argv.includes('--check')) check(different)
  else write(different, wanted)
}

function check(different: string[]): void {
  if (different.length === 0) return
  console.error(`packages/abi/src/generated is stale (${different.join(', ')}): run npm run abi and commit the result`)
  process.exitCode = 1
}

function write(different: string[], wanted: Map<string, string>): void {
  for (const name of different) {
    const text = wanted.get(name)
    if (text === undefined) rmSync(join(generatedDir, name))
    else writeFileSync(join(generatedDir, name), text)
  }
  console.log(different.length > 0 ? `written: ${different.join(', ')}` : 'nothing changed')
}

main()
