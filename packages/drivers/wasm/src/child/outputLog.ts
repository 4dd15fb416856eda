import { appendFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import type { LogLine, LogStream } from '@tender/driver'
import { fileNames, hasCode } from './files.ts'

/** Longer lines are cut in pieces, so that a reader never needs more. */
const MAX_LINE_CHARACTERS = 16_384

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
  const partial = { stdout: '', stderr: '' }
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }

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
  const write: OutputLog['write'] = (stream, chunk) => {
    const lines = (partial[stream] + decoders[stream].write(Buffer.from(chunk))).split('\n')
    partial[stream] = lines.pop() ?? ''
    for (const line of lines) for (const piece of pieces(line)) add(stream, piece)
    while (partial[stream].length > MAX_LINE_CHARACTERS) {
      add(stream, partial[stream].slice(0, MAX_LINE_CHARACTERS))
      partial[stream] = partial[stream].slice(MAX_LINE_CHARACTERS)
    }
  }
  return {
    write,
    say: (text) => add('system', text),
    close: () => {
      for (const stream of ['stdout', 'stderr'] as const) if (partial[stream] !== '') add(stream, partial[stream])
      flush()
    },
  }
}

function pieces(line: string): string[] {
  const cut: string[] = []
  for (let at = 0; at === 0 || at < line.length; at += MAX_LINE_CHARACTERS) {
    cut.push(line.slice(at, at + MAX_LINE_CHARACTERS))
  }
  return cut
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0
    throw error
  }
}
