import { NotFoundError } from '@tender/protocol'
import type { Handler } from '../handler.ts'
export const listEmbeddedAccounts: Handler<'listEmbeddedAccounts'> = async (_, { embeddedAccounts }) => {
  if (embeddedAccounts) return { items: [...embeddedAccounts] }
  throw new NotFoundError('this is no embedded market', { code: 'notEmbedded', hint: 'Use a wallet.' })
}
