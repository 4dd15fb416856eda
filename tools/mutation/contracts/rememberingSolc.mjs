#!/usr/bin/env node
// The compiler as forge calls it for mutants. Before every test forge asks for its version and for the names in all files, which
// takes seconds each time and is the same for each mutant: such an answer is kept. Code is compiled by `../../contracts/solc.mjs`.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'

const args = process.argv.slice(2)
const question = args.includes('--standard-json') ? readFileSync(0) : Buffer.from('')
const digest = createHash('sha256').update(args.join(' ')).update(question).digest('hex')
const kept = new URL(`answers/${digest}`, import.meta.url)

function ask() {
  const compiler = new URL('../../contracts/solc.mjs', import.meta.url)
  const { status, stdout } = spawnSync(process.execPath, [compiler.pathname, ...args], {
    input: question,
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: Infinity,
  })
  if (status !== 0) process.exit(status ?? 1)
  return stdout
}

function answer() {
  if (question.includes('"evm.bytecode')) return ask()
  if (existsSync(kept)) return readFileSync(kept)
  const answered = ask()
  mkdirSync(new URL('answers', import.meta.url), { recursive: true })
  const unfinished = new URL(`${kept}.${process.pid}`)
  writeFileSync(unfinished, answered)
  renameSync(unfinished, kept)
  return answered
}

const bytes = answer()
for (let at = 0; at < bytes.length; ) {
  try {
    at += writeSync(1, bytes, at)
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error
  }
}
