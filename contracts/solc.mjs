#!/usr/bin/env node
// The Solidity compiler as forge wants to call it: `solc.mjs --version` and `solc.mjs --standard-json < input > output`.
// Forge would otherwise download a native compiler; this one comes with `npm ci`. Runs under Node 20 and newer.
import { readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

const args = process.argv.slice(2)
const solc = createRequire(import.meta.url)('solc')

/** Writes all of `text` to stdout, also where it is a pipe that takes less at once. */
function print(text) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

/** The same entries under names by `rename`. */
function renameKeys(entries, rename) {
  return Object.fromEntries(Object.entries(entries ?? {}).map(([name, value]) => [rename(name), value]))
}

/**
 * Compiles standard JSON. Forge names a package's file `../node_modules/…` where ours import it, but by its absolute path
 * where a package's own file does, and leaves it to a native compiler to find it; here it gets one name.
 */
function compile(text) {
  const input = JSON.parse(text)
  const above = `${dirname(process.cwd())}/`
  const absolute = new Set(Object.keys(input.sources).filter((name) => name.startsWith(above)))
  input.sources = renameKeys(input.sources, (name) => (absolute.has(name) ? `../${name.slice(above.length)}` : name))
  const output = JSON.parse(solc.compile(JSON.stringify(input)))
  const back = (name) => {
    const given = above + name.slice('../'.length)
    return name.startsWith('../') && absolute.has(given) ? given : name
  }
  return JSON.stringify({
    ...output,
    sources: renameKeys(output.sources, back),
    contracts: renameKeys(output.contracts, back),
  })
}

if (args.includes('--version')) {
  print(
    `solc, the solidity compiler commandline interface\nVersion: ${solc.version().replace('.Emscripten', '.Linux')}\n`,
  )
} else if (args.includes('--standard-json')) {
  print(compile(readFileSync(0, 'utf8')))
} else {
  console.error('usage: solc.mjs --version | --standard-json')
  process.exitCode = 2
}
