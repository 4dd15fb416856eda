import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What must not be found, by what it is: raw bytes, or text that is used as such. */
export type Secrets = Readonly<Record<string, Uint8Array | string>>

/** What was looked through, and where something was found: `the operator key as hex in provider.log`. */
export type LeakSearch = { leaks: string[]; places: number; bytes: number }

/** Shorter ones would be found by chance. */
const LEAST_SECRET_BYTES = 8

/**
 * The ways in which bytes get written down: as they are, as hex, as base64 wherever in a longer text they begin, as lists of
 * numbers, and as Node prints a buffer.
 */
function spellings(secret: Uint8Array | string): [name: string, Buffer][] {
  const bytes = Buffer.from(secret)
  if (bytes.length < LEAST_SECRET_BYTES) throw new Error(`a secret of ${bytes.length} bytes cannot be looked for`)
  const hex = bytes.toString('hex')
  const numbers = [...bytes]
  const texts: [string, string][] = [
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ['spaced hex', hex.replace(/..(?=.)/g, '$& ')],
    ['numbers', numbers.join(',')],
    ['spaced numbers', numbers.join(', ')],
    ['an object of numbers', numbers.map((number, index) => `"${index}":${number}`).join(',')],
    ...(['base64', 'base64url'] as const).flatMap((encoding) =>
      [0, 1, 2].map((before): [string, string] => [encoding, encodedWithin(bytes, before, encoding)]),
    ),
  ]
  return [['it is', bytes], ...texts.map(([name, text]): [string, Buffer] => [name, Buffer.from(text)])]
}

/** What base64 makes of the bytes after `before` others, less the characters that neighbours have a part in. */
function encodedWithin(bytes: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const whole = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(2)]).toString(encoding)
  const first = Math.ceil((before * 8) / 6)
  return whole.slice(first, Math.floor(((before + bytes.length) * 8) / 6))
}

/**
 * Looks for secrets in texts and in all files below directories, in every usual spelling.
 *
 * @param texts what was printed or sent, by where
 * @param directories each is looked through to its last file; what `skipped` says of a path relative to it is left out
 * @example
 * const { leaks, bytes } = findLeaks({ password }, { texts: { stderr }, directories: [stateDir] })
 * expect(bytes).toBeGreaterThan(0)
 * expect(leaks).toEqual([])
 */
export function findLeaks(
  secrets: Secrets,
  {
    texts = {},
    directories = [],
    skipped = () => false,
  }: {
    texts?: Readonly<Record<string, string | Uint8Array>>
    directories?: readonly string[]
    skipped?: (path: string) => boolean
  },
): LeakSearch {
  const wanted = Object.entries(secrets).map(([name, secret]) => ({ name, ways: spellings(secret) }))
  const search: LeakSearch = { leaks: [], places: 0, bytes: 0 }
  const look = (place: string, content: Buffer) => {
    search.places++
    search.bytes += content.length
    for (const { name, ways } of wanted) {
      const found = ways.find(([, spelling]) => content.includes(spelling))
      if (found) search.leaks.push(`${name} as ${found[0]} in ${place}`)
    }
  }
  for (const [place, text] of Object.entries(texts)) look(place, Buffer.from(text))
  for (const directory of directories) {
    for (const file of filesBelow(directory)) {
      const path = relative(directory, file)
      if (!skipped(path)) look(path, readIfThere(file))
    }
  }
  return search
}

/** Regular files that have a length: others are empty, or shown by the kernel (a network, a process) and kept nowhere. */
function* filesBelow(directory: string): Generator<string> {
  for (const entry of entriesOf(directory)) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.isFile() && lengthOf(path) > 0) yield path
  }
}

function entriesOf(directory: string): Dirent[] {
  return ifThere(() => readdirSync(directory, { withFileTypes: true })) ?? []
}

/** What a running daemon removes meanwhile has none. */
function lengthOf(file: string): number {
  return ifThere(() => statSync(file))?.size ?? 0
}

function readIfThere(file: string): Buffer {
  return ifThere(() => readFileSync(file)) ?? Buffer.alloc(0)
}

function ifThere<Found>(read: () => Found): Found | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
