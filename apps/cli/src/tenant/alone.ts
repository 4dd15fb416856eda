import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openStore } from '@tender/kit'
import { TenderError } from '@tender/protocol'

/**
 * Works on a Compose file while no other process does: two at once would both find nothing ordered, and order it twice. The
 * lock is the operating system's, so it goes with the process, however that ends.
 *
 * @param directory of the market's records
 * @throws {TenderError} `upRuns`
 */
export async function alone<Result>(
  directory: string,
  composeFile: string,
  work: () => Promise<Result>,
  command: 'up' | 'run' = 'up',
): Promise<Result> {
  const lock = lockOf(directory, composeFile, command)
  try {
    return await work()
  } finally {
    lock.close()
  }
}

function lockOf(directory: string, composeFile: string, command: string) {
  const name = createHash('sha256').update(composeFile).digest('hex').slice(0, 32)
  try {
    return openStore({ file: join(directory, 'locks', `${name}.db`) })
  } catch (cause) {
    if (!(cause instanceof TenderError) || cause.code !== 'storeInUse') throw cause
    throw new TenderError(`another \`tender ${command}\` of ${composeFile} runs`, {
      code: 'upRuns',
      class: 'conflict',
      hint: 'Wait until it is done, or order another with --new.',
      cause,
    })
  }
}
