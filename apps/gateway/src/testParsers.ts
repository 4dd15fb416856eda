import { parse, specifiedRules, validate } from 'graphql'
import type { Address } from 'viem'
import { parseSiweMessage } from 'viem/siwe'
import { checkMessage } from './api/auth/signIn.ts'
import { createSchema } from './api/graphql/createSchema.ts'
import { limitsRule, MAX_TOKENS } from './api/graphql/limitsRule.ts'

// What fuzzing needs of this room, besides its index.

export { clientOf } from './api/clientAddress.ts'
export { createCursors } from './api/queries/cursor.ts'
export { readTarget } from './network/pipeTarget.ts'

const schema = createSchema()

/** True for a query that would be read: it is GraphQL, of our schema, and not too heavy. */
export function isAllowedQuery(text: string): boolean {
  try {
    const document = parse(text, { maxTokens: MAX_TOKENS })
    return validate(schema, document, [...specifiedRules, limitsRule]).length === 0
  } catch (error) {
    if (error instanceof Error && error.name === 'GraphQLError') return false
    throw error
  }
}

/** Who signs in with a message, before its signature is looked at. @throws {InvalidInputError} */
export function signInOf(message: string, own: URL, chainId: number): { address: Address; nonce: string } {
  return checkMessage(parseSiweMessage(message), own, chainId)
}
