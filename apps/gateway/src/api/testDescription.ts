import fc from 'fast-check'
import { z } from 'zod'

/** As much of JSON Schema as the description has. */
export type Described = {
  type?: string
  pattern?: string
  enum?: unknown[]
  const?: unknown
  minimum?: number
  maximum?: number
  maxLength?: number
  maxItems?: number
  anyOf?: Described[]
  oneOf?: Described[]
  $ref?: string
  items?: Described
  properties?: Record<string, Described>
  required?: string[]
}

export type Operation = {
  method: string
  path: string
  parameters: { name: string; in: string; required: boolean; schema: Described }[]
  body: Described | undefined
  answer: Described
}

const mediaTypes = z.record(z.string(), z.object({ schema: z.custom<Described>() }))
const operationSchema = z.object({
  parameters: z.array(
    z.object({ name: z.string(), in: z.string(), required: z.boolean(), schema: z.custom<Described>() }),
  ),
  requestBody: z.object({ content: mediaTypes }).optional(),
  responses: z.record(z.string(), z.object({ content: mediaTypes.optional() })),
})

/** What an OpenAPI description says can be asked; those that stream are left out. */
export function readDescription(document: unknown) {
  const { paths, components } = z
    .object({
      paths: z.record(z.string(), z.record(z.string(), operationSchema)),
      components: z.object({ schemas: z.record(z.string(), z.custom<Described>()) }),
    })
    .parse(document)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, told]): Operation[] => {
      const answer = told.responses['200']?.content?.['application/json']?.schema
      const body = told.requestBody?.content['application/json']?.schema
      return answer ? [{ method: method.toUpperCase(), path, parameters: told.parameters, body, answer }] : []
    }),
  )
  return { operations, schemas: components.schemas }
}

type Schemas = Readonly<Record<string, Described>>

/** Checks answers by their description alone. */
export function checkerOf(schema: Described, schemas: Schemas): z.ZodType {
  const told = JSON.stringify({ ...schema, $defs: schemas }).replaceAll('#/components/schemas/', '#/$defs/')
  return z.fromJSONSchema(JSON.parse(told))
}

/** Values that a description allows, as far as it tells. */
export function arbitraryOf(schema: Described, schemas: Schemas): fc.Arbitrary<unknown> {
  const { $ref, anyOf = schema.oneOf, pattern, properties = {}, required = [], items } = schema
  const named = $ref === undefined ? undefined : schemas[$ref.split('/').at(-1) ?? '']
  if (named) return arbitraryOf(named, schemas)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (anyOf) return fc.oneof(...anyOf.map((one) => arbitraryOf(one, schemas)))
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  switch (schema.type) {
    case 'integer':
    case 'number':
      return fc.integer({ min: schema.minimum ?? -1, max: Math.min(schema.maximum ?? 1_000, Number.MAX_SAFE_INTEGER) })
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(items ? arbitraryOf(items, schemas) : fc.anything(), { maxLength: 3 })
    case 'object': {
      const fields = Object.entries(properties).map(([name, one]) => [name, arbitraryOf(one, schemas)] as const)
      return fc.record(Object.fromEntries(fields), { requiredKeys: required })
    }
    case 'string':
      return fc.string({ maxLength: Math.min(schema.maxLength ?? 40, 40), unit: 'grapheme' })
    default:
      return fc.json()
  }
}

/** What nobody described. */
export const nonsense: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\0',
    "'; DROP TABLE leases; --",
    '{{7*7}}',
    '../../etc/passwd',
    '9'.repeat(80),
    '-1',
    '1e400',
    'NaN',
    '%00',
  ),
  fc.integer(),
  fc.double(),
  fc.json(),
)
