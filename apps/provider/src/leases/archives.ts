import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type LogLine, packLogLines } from '@tender/network'
import { CorruptStateError, seal } from '@tender/protocol'
import type { Hex } from 'viem'

/** Most of one lease's log that is kept: the newest lines. In characters, roughly bytes. */
const MAX_LOG_CHARACTERS = 8 * 1024 * 1024

/** Lines that are sealed together: well below what the logs protocol takes in one piece, whatever they are encoded to. */
const PIECE_CHARACTERS = 48 * 1024
const MAX_PIECE_BYTES = 256 * 1024

/** Before each piece: its bytes, then its lines, big-endian. */
const HEADER_BYTES = 8

/**
 * Logs of ended leases, in pieces of some hundred lines, each sealed to the lease's agent with the context `logs:<leaseId>`:
 * this host cannot read them any more.
 */
export type Archives = {
  /** Keeps a log; it replaces an earlier one of the lease. Durable once it returns. @returns the file's size */
  put(leaseId: Hex, to: Hex, lines: AsyncIterable<LogLine>): Promise<number>
  /** The sealed pieces that hold the last `tail` lines, and perhaps some before. @throws if there are none */
  read(leaseId: Hex, tail: number): AsyncIterable<Uint8Array>
  /** Removes all but those of `wanted`. */
  retain(wanted: (leaseId: string) => boolean): Promise<void>
}

/**
 * Opens the archives below an absolute directory, making it if need be. The files are their owner's alone to read.
 *
 * @example
 * const archives = await openArchives('/var/lib/tender/archives')
 * await archives.put(leaseId, agentPublicKey, driver.logs(handle, {}, signal))
 */
export async function openArchives(
  directory: string,
  { maxLogCharacters = MAX_LOG_CHARACTERS } = {},
): Promise<Archives> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = (leaseId: Hex) => join(directory, leaseId)
  /** Names of files that are being written; others of their kind are a dead process's. */
  const writing = new Set<string>()
  return {
    async put(leaseId, to, lines) {
      const pieces = await newest(lines, maxLogCharacters)
      const name = `.${randomUUID()}`
      writing.add(name)
      try {
        return await write(join(directory, name), path(leaseId), async (file) => {
          for (const piece of pieces) {
            const sealed = await seal({ to, context: `logs:${leaseId}`, bytes: packLogLines(piece) })
            await file.writeFile(headerOf(sealed.byteLength, piece.length))
            await file.writeFile(sealed)
          }
        })
      } finally {
        writing.delete(name)
      }
    },
    read: (leaseId, tail) => readPieces(path(leaseId), tail),
    async retain(wanted) {
      const unwanted = (await readdir(directory)).filter((name) => !writing.has(name) && !wanted(name))
      await Promise.all(unwanted.map((name) => rm(join(directory, name), { force: true })))
    },
  }
}

/** The last lines that fit, in pieces. */
async function newest(lines: AsyncIterable<LogLine>, mostCharacters: number): Promise<LogLine[][]> {
  const pieces: { lines: LogLine[]; characters: number }[] = []
  let characters = 0
  for await (const { atMs, stream, service, text } of lines) {
    const line = { atMs, stream, service, text: text.slice(0, PIECE_CHARACTERS) }
    const size = line.text.length + 64
    const last = pieces.at(-1)
    if (last && last.characters + size <= PIECE_CHARACTERS) {
      last.lines.push(line)
      last.characters += size
    } else pieces.push({ lines: [line], characters: size })
    characters += size
    while (characters > mostCharacters && pieces.length > 1) characters -= pieces.shift()?.characters ?? 0
  }
  return pieces.map((piece) => piece.lines)
}

function headerOf(bytes: number, lines: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(bytes, 0)
  header.writeUInt32BE(lines, 4)
  return header
}

async function* readPieces(path: string, tail: number): AsyncGenerator<Uint8Array> {
  const file = await open(path)
  try {
    const pieces: { at: number; bytes: number; lines: number }[] = []
    for (let at = 0; ; ) {
      const header = await readExactly(file, path, at, HEADER_BYTES)
      if (!header) break
      const piece = { at: at + HEADER_BYTES, bytes: header.readUInt32BE(0), lines: header.readUInt32BE(4) }
      if (piece.bytes > MAX_PIECE_BYTES) throw corrupt(path)
      pieces.push(piece)
      at = piece.at + piece.bytes
    }
    let lines = 0
    let first = pieces.length
    while (first > 0 && lines < tail) lines += pieces[--first]?.lines ?? 0
    for (const { at, bytes } of pieces.slice(first)) {
      const piece = await readExactly(file, path, at, bytes)
      if (!piece) throw corrupt(path)
      yield piece
    }
  } finally {
    await file.close()
  }
}

/** `undefined` at the file's end. */
async function readExactly(file: FileHandle, path: string, at: number, bytes: number): Promise<Buffer | undefined> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, at)
  if (bytesRead !== bytes && bytesRead !== 0) throw corrupt(path)
  return bytesRead === 0 ? undefined : buffer
}

function corrupt(path: string): CorruptStateError {
  return new CorruptStateError(path, { hint: 'The log that it held is lost; nothing else is.' })
}

/** Writes a file that is there in full or not at all. @returns its size */
async function write(temporary: string, target: string, fill: (file: FileHandle) => Promise<void>): Promise<number> {
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await fill(file)
      await file.sync()
      const { size } = await file.stat()
      await rename(temporary, target)
      return size
    } finally {
      await file.close()
    }
  } finally {
    await rm(temporary, { force: true })
  }
}
