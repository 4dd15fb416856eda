import { appendFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LogLine, LogStream } from '@tender/driver'
import { fileNames, hasCode } from './files.ts'
import { createLines } from './lines.ts'

/** A lease's log: the current file and one older, each at most `maximumBytes`. */
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

  const flush = () => {
    if (batch === '') return
    if (size > 0 && size + Buffer.byteLength(batch) > maximumBytes) {
      renameSync(path, join(directory, fileNames.olderLog))
      size = 0
    }
    appendFileSync(path, batch, { mode: 0o600 })
    size += Buffer.byteLength(batch)
    batch = ''
  }
  const add = (stream: LogStream, text: string) => {
    // What came in one turn of the event loop is written at once.
    if (batch === '') setImmediate(flush)
    batch += `${JSON.stringify({ atMs: Date.now(), service, stream, text } satisfies LogLine)}\n`
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

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0
    throw error
  }
}
