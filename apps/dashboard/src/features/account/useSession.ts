import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ApiError, type Session } from '@tender/api'
import type { Address } from 'viem'
import { api } from '../../shared/api/client.ts'
import { keys } from '../../shared/api/keys.ts'
import { type Acting, type Action, useAction } from '../../shared/wallet/useAction.ts'

/** Who is signed in at this gateway; `null`: nobody. */
export function useSession() {
  return useQuery({
    queryKey: keys.session(),
    queryFn: async ({ signal }): Promise<Session | null> => {
      return api.getSession({}, { signal }).catch((error) => {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      })
    },
    retry: false,
  })
}

/** Signs in with an EIP-4361 message: a signature, no transaction. */
export function useSignIn(): Action<Address, Session> {
  const queries = useQueryClient()
  return useAction(async ({ open, tell }: Acting, address: Address) => {
    const { createSiweMessage } = await import('viem/siwe')
    const { nonce, domain, uri, chainId, issuedAt, expiresAt } = await api.getNonce()
    const message = createSiweMessage({
      address,
      nonce,
      domain,
      uri,
      chainId,
      version: '1',
      statement: 'Sign in at this gateway. This is no transaction and moves nothing.',
      issuedAt: new Date(issuedAt * 1000),
      expirationTime: new Date(expiresAt * 1000),
    })
    const session = await api.signIn({ message, signature: await open.signMessage(message, tell) })
    await queries.invalidateQueries({ queryKey: keys.session() })
    return session
  })
}

/** Signs out; tokens stay. */
export function useSignOut(): Action<void, unknown> {
  const queries = useQueryClient()
  return useAction(async () => {
    const done = await api.signOut()
    queries.removeQueries({ queryKey: keys.session() })
    return done
  })
}
