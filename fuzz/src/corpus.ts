import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of one committed input, and of all of one target: they are for replaying quickly, not for keeping everything. */
const MOST_INPUT_BYTES = 4 * 1024
const MOST_BYTES = 12 * 1024

const dir = join(import.meta.dirname, '..', 'corpus')
const pathOf = (target: string) => join(dir, `${target}.txt`)

/** The committed inputs of a target: one a line, in base64. */
export function readCorpus(target: string): Uint8Array[] {
  if (!existsSync(pathOf(target))) return []
  const lines = readFileSync(pathOf(target), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => new Uint8Array(Buffer.from(line, 'base64')))
}

/** Replaces the committed inputs of a target by as many of these as there is room for, the first ones. */
export function writeCorpus(target: string, inputs: readonly Uint8Array[]): void {
  let left = MOST_BYTES
  const lines: string[] = []
  for (const input of inputs) {
    const line = Buffer.from(input).toString('base64')
    if (input.length > MOST_INPUT_BYTES || line.length > left || line === '') continue
    left -= line.length
    lines.push(line)
  }
  mkdirSync(dir, { recursive: true })
  writeFileSync(pathOf(target), `${lines.sort().join('\n')}\n`)
}
