import { z } from 'zod'
import { parseCpus, parseSize } from '../units.ts'
import { envNamePattern } from './manifest.ts'
import { readText } from './readText.ts'
import { shellWords } from './shellWords.ts'

// Shapes that Wasm services and containers share in a Compose file.

/** What a service gets if the file sets no limit. */
export const defaultLimits = { cpuMillis: 1000, memoryBytes: 512 * 1024 ** 2 } as const

/** Reads a value by the schema that suits its shape; what is wrong keeps its place. */
export function shaped<Value>(choose: (value: unknown) => z.ZodType<Value>) {
  return z.unknown().transform((value, context): Value => {
    const result = choose(value).safeParse(value, { reportInput: true })
    if (result.success) return result.data
    for (const issue of result.error.issues) {
      const { path } = issue
      if (issue.code === 'unrecognized_keys') context.addIssue({ code: issue.code, keys: issue.keys, path, input: {} })
      else context.addIssue({ code: 'custom', path, message: issueText(issue) })
    }
    return z.NEVER
  })
}

/** An issue in words; a key that is not there is named. */
export function issueText(issue: z.core.$ZodIssue): string {
  const missing = issue.path.length > 0 && 'input' in issue && issue.input === undefined
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  return missing && issue.code !== 'custom' ? `${String(issue.path.at(-1))} is missing: ${message}` : message
}

/** True for a map, false for a list and everything else. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One or many. */
export function oneOrMany<Value>(item: z.ZodType<Value>, what: string) {
  return shaped<Value[]>((value) =>
    Array.isArray(value) ? z.array(item, `must be ${what}`) : item.transform((one) => [one]),
  )
}

export const words = z
  .union([z.null(), z.string(), z.array(z.string())], { error: 'must be a text or a list of texts' })
  .transform((value, context) => {
    if (typeof value !== 'string') return value ?? []
    const split = shellWords(value)
    if (split) return split
    context.addIssue({ code: 'custom', message: 'a quote is left open' })
    return z.NEVER
  })

const envValue = z.union([z.string(), z.number(), z.boolean()], {
  error: 'must have a value: taking it from your own environment is not supported, since a provider has another one',
})
const envMap = z.record(z.string(), envValue.transform(String))
const envList = z.array(z.string('must be like NAME=value'))

/** Map or list (`NAME=value`), as a map. */
export const environment = z.unknown().transform((value, context): Record<string, string> => {
  const list = Array.isArray(value)
  const result = list ? envList.safeParse(value) : envMap.safeParse(value ?? {})
  if (!result.success) {
    for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', path, message })
    return z.NEVER
  }
  const variables = new Map<string, string>()
  for (const [place, entry] of Object.entries(result.data)) {
    const [name, assigned] = list ? splitOnce(entry, '=') : [place, entry]
    const refuse = (message: string) =>
      context.addIssue({ code: 'custom', path: [list ? Number(place) : place], message })
    if (assigned === undefined)
      refuse(`${name} must have a value: taking it from your own environment is not supported`)
    // An object would take this one for its prototype.
    else if (!envNamePattern.test(name) || name === '__proto__') refuse(`"${name}" is not a variable's name`)
    else if (variables.has(name)) refuse(`${name} is there twice`)
    else variables.set(name, assigned)
  }
  return Object.fromEntries(variables)
})

/** What stands before and after the first separator; `undefined` after none. */
export function splitOnce(value: string, separator: string): [string, string | undefined] {
  const at = value.indexOf(separator)
  return at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + separator.length)]
}

export const cpus = readText('a number of cores such as 0.5', parseCpus)
export const memory = readText('a size such as 512m', parseSize).refine(
  (bytes) => bytes > 0,
  'must be more than nothing',
)
export const replicas = z.int('must be a whole number').min(1, 'must be at least 1').max(1024, 'must be at most 1024')

/** The one of two keys that is written; both at once are refused. */
export function eitherOf<Value>(
  [key, value]: [key: string, value: Value | undefined],
  [other, otherValue]: [other: string, otherValue: Value | undefined],
  context: z.core.$RefinementCtx,
): Value | undefined {
  if (value !== undefined && otherValue !== undefined)
    context.addIssue({ code: 'custom', path: [key], message: `is also given as ${other}; keep one` })
  return value ?? otherValue
}

/** A file in the tenant's own directory. */
export const localFile = z
  .string('must be a file such as ./app.env')
  .min(1, 'must be a file such as ./app.env')
  .max(4096)
