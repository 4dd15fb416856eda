import { UnreachableError } from '@tender/protocol'
import type { Handler } from '../handler.ts'
export const publishOrder: Handler<'publishOrder'> = async ({ body, signal }, { network }) => {
  if (network) return network.publishOrder(body, signal)
  throw new UnreachableError('this gateway runs no peer that could pass an order on', { code: 'noPeer' })
}
