import { useQuery } from '@tanstack/react-query'
import type { Era, LeaseProof, ProviderProof } from '@tender/api'
import { ArrowDown, CircleCheck, CircleX } from 'lucide-react'
import { useMemo } from 'react'
import { keys } from '../../shared/api/keys.ts'
import { useMarket } from '../../shared/api/queries.ts'
import { cn } from '../../shared/ui/cn.ts'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { LeafValues } from './LeafValues.tsx'
import { leafOf, type ProofStep, workProof } from './verifyProof.ts'

/** Hashes a leaf up to the root, shows every step, and compares the end with what the chain has. */
export function ProofSteps({ era, proof }: { era: Era; proof: LeaseProof | ProviderProof }) {
  const worked = useMemo(() => workProof(leafOf(proof), proof.proof), [proof])
  const { data: market } = useMarket()
  const chain = useQuery({
    queryKey: keys.chainRoot(era.era),
    queryFn: async () => {
      const { readChainRoot } = await import('./readChainRoot.ts')
      return market ? ((await readChainRoot(market, era.era)) ?? null) : null
    },
    enabled: market !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  const root = chain.data ?? era.root
  const holds = worked.root === root
  return (
    <div className="flex flex-col gap-5">
      <Verdict holds={holds}>
        {holds
          ? `The steps below lead to the root ${chain.data ? 'that your browser read from the chain itself' : 'of the report that the gateway indexed'}.`
          : 'The steps below lead elsewhere than to the report’s root. Do not trust this number, nor this gateway.'}{' '}
        <TxLink tx={era.tx}>Report</TxLink>
      </Verdict>
      <LeafValues proof={proof} />
      <ol className="flex flex-col">
        <Line name="Leaf" note="keccak256 of keccak256 of the values above" value={worked.leaf} />
        {worked.steps.map((step, index) => (
          <Step key={step.result} step={step} number={index + 1} />
        ))}
        <Line name="Root" note={rootNote(chain.status, chain.data)} value={root} tone={holds ? 'good' : 'bad'} last />
      </ol>
    </div>
  )
}

function rootNote(status: 'pending' | 'error' | 'success', root: string | null | undefined): string {
  if (status === 'pending') return 'as the gateway indexed it; the chain is being asked'
  if (root) return 'read by your browser from the chain'
  return status === 'error'
    ? 'as the gateway indexed it; your browser could not reach the chain itself'
    : 'as the gateway indexed it; the chain keeps none for this era any more'
}

function Verdict({ holds, children }: { holds: boolean; children: React.ReactNode }) {
  const Icon = holds ? CircleCheck : CircleX
  return (
    <div
      role="status"
      className={cn('flex gap-3 rounded-lg px-4 py-3', holds ? 'bg-good-soft text-good' : 'bg-bad-soft text-bad')}
    >
      <Icon className="mt-0.5 size-5 shrink-0" aria-hidden />
      <div>
        <p className="font-semibold">{holds ? 'Proven' : 'Not proven'}</p>
        <p className="text-[13px] text-ink">{children}</p>
      </div>
    </div>
  )
}

function Step({ step, number }: { step: ProofStep; number: number }) {
  return (
    <li className="flex gap-3">
      <Rail />
      <div className="min-w-0 flex-1 pb-4">
        <div className="text-[13px] text-muted">
          Step {number}: hashed with its neighbour, {step.ownFirst ? 'itself' : 'the neighbour'} first
        </div>
        <div className="mt-1 rounded-md bg-inset px-3 py-1.5 font-mono text-xs leading-5 break-all text-muted">
          <span className="select-none">+ </span>
          {step.sibling}
        </div>
        <div className="mt-1 px-3 font-mono text-xs leading-5 break-all">
          <span className="text-muted select-none">= </span>
          {step.result}
        </div>
      </div>
    </li>
  )
}

type LineProps = { name: string; note: string; value: string; tone?: 'good' | 'bad'; last?: boolean }

function Line({ name, note, value, tone, last = false }: LineProps) {
  return (
    <li className="flex gap-3">
      {last ? <span className="w-5 shrink-0" /> : <Rail />}
      <div className={cn('min-w-0 flex-1', !last && 'pb-4')}>
        <div className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{name}</span>
          <span className="text-[13px] text-muted">{note}</span>
        </div>
        <div
          className={cn(
            'mt-1 rounded-md px-3 py-1.5 font-mono text-xs leading-5 break-all',
            tone === 'good' ? 'bg-good-soft text-good' : tone === 'bad' ? 'bg-bad-soft text-bad' : 'bg-inset',
          )}
        >
          {value}
        </div>
      </div>
    </li>
  )
}

function Rail() {
  return (
    <span aria-hidden className="flex w-5 shrink-0 flex-col items-center text-muted">
      <span className="w-px flex-1 bg-line-strong" />
      <ArrowDown className="-mt-1 size-3.5" />
    </span>
  )
}
