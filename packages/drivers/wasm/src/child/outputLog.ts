import { appendFileSync, renameSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { LogLine, LogStream } from '@tender/driver'
import { fileNames, hasCode } from './files.ts'
import { createLines } from './lines.ts'

/**
 * A lease's log: the current file and one older, each at most `maximumBytes`. Lines for which the machine's disk has no room are left
 * out, and the log says how many they were.
 */
export type OutputLog = {
  write(stream: 'stdout' | 'stderr', chunk: Uint8Array): void
  /** A line of our own about the workload. */
  say(text: string): void
  /** Writes what has no newline yet. */
  close(): void
}

export function createOutputLog(directory: string, service: string, maximumBytes: number): OutputLog {
  const path = join(directory, fileNames.log)
  let size = sizeOf(path)
  let batch = ''
  let inBatch = 0
  let lost = 0

  const lineOf = (stream: LogStream, text: string) =>
    `${JSON.stringify({ atMs: Date.now(), service, stream, text } satisfies LogLine)}\n`
  const append = (text: string) => {
    const bytes = Buffer.byteLength(text)
    if (size > 0 && size + bytes > maximumBytes) {
      renameSync(path, join(directory, fileNames.olderLog))
      size = 0
    }
    appendFileSync(path, text, { mode: 0o600 })
    size += bytes
  }
  const flush = () => {
    if (batch === '') return
    try {
      append(lost === 0 ? batch : lineOf('system', `${lost} lines are missing: the disk was full`) + batch)
      lost = 0
    } catch {
      lost += inBatch
      cutOff(path, size)
    }
    batch = ''
    inBatch = 0
  }
  const add = (stream: LogStream, text: string) => {
    // What came in one turn of the event loop is written at once.
    if (batch === '') setImmediate(flush)
    batch += lineOf(stream, text)
    inBatch += 1
    if (batch.length > maximumBytes / 8) flush()
  }
  const lines = createLines(add)
  return {
    write: lines.write,
    say: (text) => add('system', text),
    close: () => {
      lines.close()
      flush()
    },
  }
}

/** Takes half a line away again. */
function cutOff(path: string, size: number): void {
  try {
    truncateSync(path, size)
  } catch {
    // There was no file yet.
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0
    throw error
  }
}
