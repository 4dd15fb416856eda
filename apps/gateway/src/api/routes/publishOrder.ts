import { UnreachableError } from '@tender/protocol'
import { checkAccess } from '../auth/caller.ts'
import type { Handler } from '../handler.ts'
export const publishOrder: Handler<'publishOrder'> = async ({ body, caller, signal }, { network }) => {
  // Anyone may; but a token does what its scopes say.
  if (caller) checkAccess('write:orders', caller)
  if (network) return network.publishOrder(body, signal)
  throw new UnreachableError('this gateway runs no peer that could pass an order on', { code: 'noPeer' })
}
