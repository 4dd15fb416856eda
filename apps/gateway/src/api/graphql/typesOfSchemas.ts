import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLFieldConfigMap,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLString,
} from 'graphql'
import { z } from 'zod'

/** Integers of up to 53 bits: GraphQL's own have 32. */
const LongScalar = new GraphQLScalarType({ name: 'Long', description: 'An integer of up to 53 bits' })
const AmountScalar = new GraphQLScalarType({
  name: 'Amount',
  description: 'An integer of any size, as a decimal string',
  serialize: String,
})
const JsonScalar = new GraphQLScalarType({ name: 'JSON', description: 'Anything that JSON can hold' })

/** More fields for a type, besides those of its schema. */
export type Links = (typeName: string) => GraphQLFieldConfigMap<unknown, unknown>

/** GraphQL types made of the schemas that REST is made of, each type once. */
export type SchemaTypes = {
  /** The type of an answer. */
  output(schema: z.ZodType, name: string): GraphQLOutputType
  /** Arguments for the fields of an input. */
  args(schema: z.ZodObject | undefined, name: string): GraphQLFieldConfigArgumentMap
}

export function createSchemaTypes(links: Links): SchemaTypes {
  const objects = new Map<string, GraphQLObjectType>()
  const enums = new Map<string, GraphQLEnumType>()

  function enumOf(schema: z.ZodEnum, name: string): GraphQLEnumType {
    const values = schema.options.map(String)
    const key = values.join()
    const known = enums.get(key)
    if (known) return known
    const made = new GraphQLEnumType({
      name: capital(name),
      values: Object.fromEntries(values.map((value) => [value, {}])),
    })
    enums.set(key, made)
    return made
  }

  function objectOf(schema: z.ZodObject, hint: string): GraphQLObjectType {
    const { id, description } = schema.meta() ?? {}
    const name = id ?? hint
    const known = objects.get(name)
    if (known) return known
    const made = new GraphQLObjectType({
      name,
      description,
      fields: () => ({
        ...Object.fromEntries(
          Object.entries<z.ZodType>(schema.shape).map(([field, inner]) => [
            field,
            { type: output(inner, name + capital(field)), description: inner.meta()?.description },
          ]),
        ),
        ...links(name),
      }),
    })
    objects.set(name, made)
    return made
  }

  /** Null only where the schema says so. */
  function output(schema: z.ZodType, name: string): GraphQLOutputType {
    if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) {
      // CAST: what is inside of a schema of zod is one
      return nullable(schema.unwrap() as z.ZodType, name)
    }
    return new GraphQLNonNull(nullable(schema, name))
  }

  function nullable(schema: z.ZodType, name: string) {
    if (schema instanceof z.ZodObject) return objectOf(schema, name)
    // CAST: an array's element is a schema of zod
    if (schema instanceof z.ZodArray) return new GraphQLList(output(schema.element as z.ZodType, name))
    return leaf(schema, name)
  }

  function leaf(schema: z.ZodType, name: string) {
    if (schema instanceof z.ZodEnum) return enumOf(schema, name)
    if (schema instanceof z.ZodBoolean) return GraphQLBoolean
    if (schema instanceof z.ZodNumber) return (schema.maxValue ?? 2 ** 53) < 2 ** 31 ? GraphQLInt : LongScalar
    if (schema instanceof z.ZodCodec) return AmountScalar
    const texts = [z.ZodString, z.ZodTemplateLiteral, z.ZodLiteral, z.ZodPipe]
    return texts.some((kind) => schema instanceof kind) ? GraphQLString : JsonScalar
  }

  return {
    output,
    args(schema, name) {
      return Object.fromEntries(
        Object.entries<z.ZodType>(schema?.shape ?? {}).map(([field, inner]) => {
          const optional = schema !== undefined && inner.safeParse(undefined).success
          const type = leaf(bare(inner), name + capital(field))
          const described = { description: inner.meta()?.description }
          return [field, { type: optional ? type : new GraphQLNonNull(type), ...described }]
        }),
      )
    },
  }
}

/** An input without what makes it optional. */
function bare(schema: z.ZodType): z.ZodType {
  // CAST: what is inside of a schema of zod is one
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return bare(schema.unwrap() as z.ZodType)
  return schema
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
