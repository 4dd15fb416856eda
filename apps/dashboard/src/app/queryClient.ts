import { QueryClient } from '@tanstack/react-query'
import { worthRetrying } from '../shared/api/describeError.ts'

/**
 * What was read stays good until the gateway tells of a change (see `useLiveUpdates`), so little is read twice. Only failures
 * that may pass are tried again.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      gcTime: 10 * 60_000,
      retry: (failures, error) => failures < 2 && worthRetrying(error),
      refetchOnWindowFocus: true,
    },
  },
})
