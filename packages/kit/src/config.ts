import { readFile, stat } from 'node:fs/promises'
import { InvalidInputError, NotFoundError } from '@tender/protocol'
import type { z } from 'zod'

/** A configuration is written by hand; more than this is another file. */
const maxConfigBytes = 1024 * 1024

/**
 * Checks `value` against `schema` and gives what the schema makes of it, defaults filled in.
 *
 * @param source where the value came from, as the reader knows it: a file's path, "the environment"
 * @throws {InvalidInputError} with everything that is wrong, each with the path of its key
 *
 * @example
 * const { port } = parseConfig(z.strictObject({ port: z.int().default(8080) }), {}, 'provider.json')
 */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new InvalidInputError(
    `${source} is not a valid configuration`,
    result.error.issues.map(({ message, path }) => ({ message, path: path.map(String).join('.') || undefined })),
    { code: 'invalidConfig', data: { source }, cause: result.error },
  )
}

/**
 * Reads a JSON configuration file.
 *
 * @throws {NotFoundError} if there is no such file
 * @throws {InvalidInputError} if it is no JSON, too large, or not what `schema` asks
 */
export async function readConfig<T>(schema: z.ZodType<T>, file: string): Promise<T> {
  return parseConfig(schema, parseJson(await readText(file), file), file)
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > maxConfigBytes) throw invalid(file, `is ${size} bytes, more than ${maxConfigBytes}`)
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new NotFoundError(`${file} does not exist`, { code: 'configNotFound', cause: error, data: { file } })
    }
    throw invalid(file, 'cannot be read', error)
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? `is not JSON: ${cause.message}` : 'is not JSON', cause)
  }
}

function invalid(file: string, message: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`${file} is not a valid configuration`, [{ message, file }], {
    code: 'invalidConfig',
    data: { source: file },
    cause,
  })
}
