import { useQuery } from '@tanstack/react-query'
import type { LeaseDetail } from '@tender/api'
import type { Hex } from 'viem'
import { Badge } from '../../shared/ui/Badge.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import type { PageReach } from './useReach.ts'

/** What the provider says about the end, held against the hash that is on the chain. */
export function Evidence({ lease, reach }: { lease: LeaseDetail; reach: PageReach }) {
  const recorded = lease.events.find(({ kind }) => kind === 'ended')?.evidence ?? undefined
  const evidence = useQuery({
    queryKey: ['evidence', lease.id, recorded],
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    async queryFn({ signal }) {
      const { checkEvidence, verdictWords } = await import('@tender/tenant')
      const asking = { record: reach.record, ask: <A,>(q: Parameters<typeof reach.ask<A>>[0]) => reach.ask(q, signal) }
      // CAST: the gateway's schema says that it is a hash
      const checked = await checkEvidence(asking, recorded as Hex | undefined, signal)
      return checked ? { ...checked, words: verdictWords[checked.verdict] } : null
    },
  })
  return (
    <Card title="Why it ended" hint="As its provider says, checked by this page against the chain">
      {evidence.isLoadingError ? (
        <ErrorState
          title="The provider could not be asked"
          error={evidence.error}
          retry={() => void evidence.refetch()}
        />
      ) : evidence.isPending ? (
        <Skeleton className="h-12 w-full" />
      ) : evidence.data === null ? (
        <p className="text-[13px] text-muted">{lease.ended?.text}. The provider has nothing more to say about it.</p>
      ) : (
        <div className="flex flex-col gap-2 text-[13px]">
          <p>
            <Badge
              tone={
                evidence.data.verdict === 'differs' ? 'bad' : evidence.data.verdict === 'matches' ? 'good' : 'neutral'
              }
            >
              {evidence.data.verdict}
            </Badge>{' '}
            <span className="text-muted">{evidence.data.words}</span>
          </p>
          <pre className="max-h-60 overflow-auto rounded-lg bg-inset p-3 whitespace-pre-wrap">
            {JSON.stringify(
              evidence.data.evidence,
              (_, value) => (typeof value === 'bigint' ? value.toString() : value),
              2,
            )}
          </pre>
        </div>
      )}
    </Card>
  )
}
