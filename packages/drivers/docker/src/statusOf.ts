import { z } from 'zod'

const failureSchema = z.object({ statusCode: z.int().optional().catch(undefined) }).catch({})

/** The HTTP status of a refusal by the Docker engine; 0 of any other failure. */
export function statusOf(error: unknown): number {
  return failureSchema.parse(error).statusCode ?? 0
}
