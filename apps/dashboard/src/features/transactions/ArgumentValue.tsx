import { useAssets } from '../../shared/api/assets.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { DateTime } from '../../shared/ui/Time.tsx'
import { argumentKind } from './argumentKind.ts'

/** One argument of an event, as what it is: a link, a time, an address; what is inside an argument, one line each. */
export function ArgumentValue({ name, value }: { name: string; value: unknown }) {
  const { assetOf } = useAssets()
  const text = typeof value === 'object' ? '' : String(value)
  switch (argumentKind(name, value)) {
    case 'provider':
      return (
        <TextLink to="/providers/$id" params={{ id: text }}>
          #{text}
        </TextLink>
      )
    case 'lease':
      return (
        <span className="flex flex-wrap items-center gap-x-3">
          <Hash value={text} />
          <TextLink to="/leases/$id" params={{ id: text }}>
            the lease
          </TextLink>
        </span>
      )
    case 'era':
      return (
        <TextLink to="/eras/$era" params={{ era: text }}>
          {text}
        </TextLink>
      )
    case 'asset':
      return (
        <span className="flex flex-wrap items-center gap-x-3">
          {assetOf(text).symbol} <Hash value={text} />
        </span>
      )
    case 'stake':
      return <StakeAmount amount={BigInt(text)} />
    case 'time':
      return (
        <>
          <DateTime at={Number(text)} /> <span className="text-muted">({text})</span>
        </>
      )
    case 'hex':
      return <Hash value={text} />
    case 'nested':
      return <Nested value={value} />
    case 'plain':
      return <span className="break-all">{text}</span>
  }
}

function StakeAmount({ amount }: { amount: bigint }) {
  const { stakeToken } = useAssets()
  return <Amount amount={amount} asset={stakeToken} />
}

function Nested({ value }: { value: unknown }) {
  const entries = Array.isArray(value) ? value.map((item, index) => [String(index), item]) : Object.entries(value ?? {})
  return (
    <dl className="grid gap-x-4 gap-y-1 rounded-lg bg-inset px-3 py-2 text-[13px] sm:grid-cols-[minmax(6rem,max-content)_1fr]">
      {entries.map(([name, inner]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0">
            <ArgumentValue name={String(name)} value={inner} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
