import { giveNonce } from '../auth/signIn.ts'
import type { Handler } from '../handler.ts'
export const getNonce: Handler<'getNonce'> = async ({ http }, { store, chain, origins }) => {
  const own = origins.own(http.req.header('host'))
  return { ...(await giveNonce(store)), domain: own.host, uri: own.origin, chainId: chain.book.chainId }
}
