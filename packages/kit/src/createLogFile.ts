import { basename, dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { createStream } from 'rotating-file-stream'

/** Files of a log beside the newest: `provider.log.1` is the one before it. */
const OLD_FILES = 2

/**
 * A stream for {@link createLog} into a file that does not grow without end: a full one (8 MB) becomes the older one, and the oldest
 * goes. Its folder is there already. Read and written by the owner alone.
 *
 * @param maxBytes of one file; a line is never divided
 *
 * @example
 * const stream = createLogFile('/home/ada/.tender/dev/visitor/visitor.log')
 * const log = createLog({ name: 'visitor', stream })
 * await new Promise((resolve) => stream.end(resolve))
 */
export function createLogFile(path: string, maxBytes = 8_000_000): Writable {
  return createStream(basename(path), { path: dirname(path), size: `${maxBytes}B`, rotate: OLD_FILES, mode: 0o600 })
}
