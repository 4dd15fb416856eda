import { basename, dirname, resolve } from 'node:path'
import { type Plan, type PlanOptions, planOf } from '@tender/tenant'
import { readBlobFacts, readBounded } from './readFile.ts'
import { readSecret } from './readSecret.ts'

/** A Compose file is written by hand; a larger one is something else. */
const MAX_COMPOSE_BYTES = 1024 ** 2

/**
 * Reads a Compose file and all that it names, see {@link planOf}. Places of files are absolute paths.
 *
 * @throws {InvalidInputError} with everything that is wrong, by line; {NotFoundError} if a file is missing
 */
export async function readPlan(path: string, options: PlanOptions = {}): Promise<Plan> {
  const composeFile = resolve(path)
  const text = new TextDecoder().decode(await readBounded(composeFile, MAX_COMPOSE_BYTES))
  return planOf(
    text,
    {
      composeFile,
      shownAs: path,
      name: basename(dirname(composeFile)),
      placeOf: (file) => resolve(dirname(composeFile), file),
      imageFacts: readBlobFacts,
      readSmall: readBounded,
      readSecret,
      variable: (name) => process.env[name],
    },
    options,
  )
}
