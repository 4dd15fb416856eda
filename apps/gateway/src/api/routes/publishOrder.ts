import { InvalidGossipError } from '@tender/network'
import { InvalidInputError, UnreachableError } from '@tender/protocol'
import { checkAccess } from '../auth/caller.ts'
import type { Handler } from '../handler.ts'
export const publishOrder: Handler<'publishOrder'> = async ({ body, caller, signal }, { network }) => {
  // Anyone may; but a token does what its scopes say.
  if (caller) checkAccess('write:orders', caller)
  if (!network) throw new UnreachableError('this gateway runs no peer that could pass an order on', { code: 'noPeer' })
  try {
    return await network.publishOrder(body, signal)
  } catch (error) {
    throw error instanceof InvalidGossipError ? named(error) : error
  }
}

/** What of an order is wrong, by why peers would refuse it; what is not here concerns all of it. */
const places: Readonly<Record<string, { path: string; message: string }>> = {
  badSignature: { path: 'body.signature', message: "is not its tenant's signature of this order" },
  briefMismatch: { path: 'body.brief', message: 'is not the one that the order was signed with' },
  notAuthor: { path: 'body.vouch', message: "is not its agent's signature of where it is found" },
  expired: { path: 'body.order.auctionEnd', message: 'is over' },
  repeated: { path: 'body.order', message: 'was passed on within the last minute' },
}

function named(error: InvalidGossipError): InvalidInputError {
  const place = places[error.code] ?? { path: 'body', message: error.message }
  return new InvalidInputError('peers would refuse this order', [place], { code: error.code, cause: error })
}
