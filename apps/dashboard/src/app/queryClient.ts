import { QueryClient } from '@tanstack/react-query'
import { worthRetrying } from '../shared/api/describeError.ts'

/**
 * What was read stays good until the gateway tells of a change (see `useLiveUpdates`), so little is read twice. Only failures
 * that may pass are tried again.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    // A gateway may be this machine itself: a browser that thinks it is offline reads as well.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 15_000,
      gcTime: 10 * 60_000,
      retry: (failures, error) => failures < 2 && worthRetrying(error),
      refetchOnWindowFocus: true,
    },
  },
})
