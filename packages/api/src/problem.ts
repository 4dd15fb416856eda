import { z } from 'zod'

/**
 * A failure as RFC 9457 has it. `code` is the stable name of the failure, the same that `TenderError` carries.
 *
 * @example
 * { type: 'about:blank', title: 'Bad request', status: 400, detail: 'the query is wrong', code: 'invalidInput',
 *   errors: [{ path: 'query.limit', message: 'Too big: expected number to be <=100' }] }
 */
export const problemSchema = z
  .object({
    type: z.string().max(256).describe('Names the kind of problem: a URI, resolvable at this gateway'),
    title: z.string().max(128).describe('The kind of problem in words'),
    status: z.int().min(400).max(599).describe('HTTP status'),
    detail: z.string().max(4096).describe('What went wrong this time'),
    code: z.string().max(64).describe('Stable camelCase name of the failure, for programs'),
    hint: z.string().max(1024).optional().describe('What can be done about it'),
    errors: z
      .array(
        z.object({
          path: z.string().max(256).describe('Where: body, query, path or header, then the field'),
          message: z.string().max(512).describe('What is wrong with it'),
        }),
      )
      .max(64)
      .optional()
      .describe('Everything that is wrong with the input, by field'),
    requestId: z.string().max(64).optional().describe("Names the request in the gateway's log"),
  })
  .meta({ id: 'Problem', description: 'A failure, as RFC 9457 has it' })

export type Problem = z.output<typeof problemSchema>

/** Media type of problems. */
export const PROBLEM_TYPE = 'application/problem+json'
