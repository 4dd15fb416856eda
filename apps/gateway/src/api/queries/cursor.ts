import { InvalidInputError } from '@tender/protocol'
import { z } from 'zod'

/**
 * Cursors of one list: where a page ended, by the values that the list is sorted by. They carry the list's name, so that a cursor of
 * another list is refused; what they hold is checked like any input.
 *
 * @example
 * const cursors = createCursors('leases', z.tuple([z.int()]))
 * const after = cursors.read(query.cursor)
 */
export function createCursors<Values extends z.ZodTuple>(list: string, values: Values) {
  return {
    /** @throws {InvalidInputError} for what no page ended with */
    read(cursor: string | undefined): z.output<Values> | undefined {
      if (cursor === undefined) return undefined
      const named = z.tuple([z.literal(list), z.unknown()]).safeParse(decoded(cursor))
      const parsed = values.safeParse(named.data?.[1])
      if (parsed.success) return parsed.data
      throw new InvalidInputError('the query is wrong', [
        { path: 'query.cursor', message: 'is not the `next` of a page of this list' },
      ])
    },
    write: (at: z.input<Values>): string => Buffer.from(JSON.stringify([list, at])).toString('base64url'),
  }
}

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

/** A place in the chain. */
export const positionValue = z.int().min(0)

/** Cuts what was read to a page: one row more than the limit was asked for, to know whether there is another page. */
export function pageOfRows<Row>(rows: readonly Row[], limit: number, write: (last: Row) => string) {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > limit && last !== undefined ? write(last) : null }
}
