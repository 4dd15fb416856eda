import { type FileHandle, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogLine, LogOptions } from '@tender/driver'
import { z } from 'zod'
import { fileNames, hasCode } from './child/files.ts'
import { poll } from './poll.ts'

const FOLLOW_POLL_MS = 50
const CHUNK_BYTES = 65_536
const NEWLINE = 10

const lineSchema = z.object({
  atMs: z.number().int(),
  service: z.string(),
  stream: z.enum(['stdout', 'stderr', 'system']),
  text: z.string(),
})

/**
 * Reads a lease's log, the older file first. `isOver` is asked before each look for more, so that what was written before
 * the end is read to the end.
 */
export async function* readLogs(
  directory: string,
  { tailLines, follow = false }: LogOptions,
  isOver: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  signal.throwIfAborted()
  const older = await readAll(join(directory, fileNames.olderLog))
  const path = join(directory, fileNames.log)
  const reader = createLineReader(path)
  try {
    const kept = [...older, ...(await reader.read())]
    yield* tailLines === undefined ? kept : kept.slice(Math.max(kept.length - tailLines, 0))
    while (follow) {
      const { lines, over } = await poll(
        async () => {
          const ended = await isOver()
          const found = await reader.read()
          return found.length > 0 || ended ? { lines: found, over: ended } : undefined
        },
        FOLLOW_POLL_MS,
        signal,
      )
      yield* lines
      if (over) return
    }
  } finally {
    await reader.close()
  }
}

async function readAll(path: string): Promise<LogLine[]> {
  const reader = createLineReader(path)
  try {
    return await reader.read()
  } finally {
    await reader.close()
  }
}

type LineReader = { read(): Promise<LogLine[]>; close(): Promise<void> }

/** Reads the lines added since the last call. Holds the file open, so that one that is being replaced is read to its end. */
function createLineReader(path: string): LineReader {
  let file: FileHandle | undefined
  let rest: Buffer = Buffer.alloc(0)

  const drain = async (): Promise<LogLine[]> => {
    file ??= await openIfThere(path)
    if (!file) return []
    const chunks = [rest]
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES)
      if (bytesRead === 0) break
      chunks.push(buffer.subarray(0, bytesRead))
    }
    const bytes = Buffer.concat(chunks)
    const end = bytes.lastIndexOf(NEWLINE) + 1
    rest = bytes.subarray(end)
    return bytes.toString('utf8', 0, end).split('\n').flatMap(parseLine)
  }
  const isReplaced = async () => file !== undefined && (await file.stat()).ino !== (await inode(path))

  return {
    read: async () => {
      if (!(await isReplaced())) return drain()
      const last = await drain()
      await file?.close()
      file = undefined
      rest = Buffer.alloc(0)
      return [...last, ...(await drain())]
    },
    close: async () => file?.close(),
  }
}

/** A line that a kill has torn is left out; the next one starts afresh. */
function parseLine(text: string): LogLine[] {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text))
    return parsed.success ? [parsed.data] : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch(undefinedIfMissing)
}

async function inode(path: string): Promise<number | undefined> {
  return (await stat(path).catch(undefinedIfMissing))?.ino
}

function undefinedIfMissing(error: unknown): undefined {
  if (hasCode(error, 'ENOENT')) return undefined
  throw error
}
