import { basename, dirname, resolve } from 'node:path'
import { type ComposeSources, type Plan, type PlanOptions, planOf } from '@tender/tenant'
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
  const { text, sources } = await readCompose(path)
  return planOf(text, sources, options)
}

/** A Compose file's text, and where the files are that it names. @throws {NotFoundError} */
export async function readCompose(path: string): Promise<{ text: string; sources: ComposeSources }> {
  const composeFile = resolve(path)
  const text = new TextDecoder().decode(await readBounded(composeFile, MAX_COMPOSE_BYTES))
  const sources = {
    composeFile,
    shownAs: path,
    name: basename(dirname(composeFile)),
    placeOf: (file: string) => resolve(dirname(composeFile), file),
    imageFacts: readBlobFacts,
    readSmall: readBounded,
    readSecret,
    variable: (name: string) => process.env[name],
  }
  return { text, sources }
}
