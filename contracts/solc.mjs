#!/usr/bin/env node
// The Solidity compiler as forge wants to call it: `solc.mjs --version` and `solc.mjs --standard-json < input > output`.
// Forge would otherwise download a native compiler; this one comes with `npm ci`. Runs under Node 20 and newer.
import { readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'

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

if (args.includes('--version')) {
  print(
    `solc, the solidity compiler commandline interface\nVersion: ${solc.version().replace('.Emscripten', '.Linux')}\n`,
  )
} else if (args.includes('--standard-json')) {
  print(solc.compile(readFileSync(0, 'utf8')))
} else {
  console.error('usage: solc.mjs --version | --standard-json')
  process.exitCode = 2
}
