import { useQuery } from '@tanstack/react-query'
import type { Era, LeaseProof, ProviderProof } from '@tender/api'
import { Suspense, useEffect, useRef } from 'react'
import { leaseProofQuery, providerProofQuery } from '../../shared/api/queries.ts'
import { shortHex } from '../../shared/format/hex.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import type { EraSearch } from './search.ts'

// The hash function and the leaves' encoding come when something is proven.
const ProofSteps = lazyPart(() => import('./ProofSteps.tsx').then((part) => part.ProofSteps))

/** What a report says of one lease or provider, and the proof of it. */
export function ProofCard({ era, search }: { era: Era; search: EraSearch }) {
  const place = useRef<HTMLDivElement>(null)
  // In newer browsers it returns a promise, which an effect must not.
  useEffect(() => {
    place.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  const title = search.lease ? `Lease ${shortHex(search.lease)}` : `Provider #${search.provider}`
  return (
    <div ref={place} className="scroll-mt-16">
      <Card title={`${title} in era ${era.era}`} hint="Worked out in your browser, hash by hash">
        {search.lease ? (
          <OfLease era={era} lease={search.lease} />
        ) : (
          <OfProvider era={era} provider={search.provider ?? ''} />
        )}
      </Card>
    </div>
  )
}

function OfLease({ era, lease }: { era: Era; lease: string }) {
  const { data, error, refetch } = useQuery(leaseProofQuery(era.era, lease))
  return <Proof era={era} proof={data} error={error} retry={() => void refetch()} />
}

function OfProvider({ era, provider }: { era: Era; provider: string }) {
  const { data, error, refetch } = useQuery(providerProofQuery(era.era, provider))
  return <Proof era={era} proof={data} error={error} retry={() => void refetch()} />
}

type ProofProps = { era: Era; proof: LeaseProof | ProviderProof | undefined; error: Error | null; retry: () => void }

function Proof({ era, proof, error, retry }: ProofProps) {
  if (error && !proof) return <ErrorState error={error} title="There is no proof to show" retry={retry} />
  const place = <Skeleton className="h-64 w-full rounded-lg" />
  if (!proof) return place
  return (
    <Suspense fallback={place}>
      <ProofSteps era={era} proof={proof} />
    </Suspense>
  )
}
