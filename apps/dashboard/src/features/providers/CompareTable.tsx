import type { ProviderDetail } from '@tender/api'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useAssets } from '../../shared/api/assets.ts'
import { bpsText, countText } from '../../shared/format/number.ts'
import { Amount, Price } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { Country } from '../../shared/ui/Country.tsx'
import { LevelBadge } from '../../shared/ui/LevelBadge.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { ProviderStateBadge } from '../../shared/ui/ProviderStateBadge.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { priceOf, scoreInputs, unitsOf } from './figures.ts'

type Row = { name: string; cell: (provider: ProviderDetail) => ReactNode }

export type CompareTableProps = { providers: readonly ProviderDetail[]; onRemove: (id: string) => void }

/** Providers as columns. */
export function CompareTable({ providers, onRemove }: CompareTableProps) {
  const rows = useRows([...new Set(providers.flatMap(({ capacity }) => capacity.map((one) => one.class)))])
  return (
    <Card flush className="overflow-hidden">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="overflow-x-auto" tabIndex={0} aria-label="Comparison">
        <table className="w-full border-collapse text-sm">
          <thead>
            <tr className="border-b border-line">
              <th scope="col" className="sticky left-0 bg-surface px-4 text-left sm:px-5">
                <span className="sr-only">What is compared</span>
              </th>
              {providers.map(({ id }) => (
                <th key={id} scope="col" className="h-13 min-w-44 px-4 text-left">
                  <span className="flex items-center justify-between gap-2">
                    <TextLink to="/providers/$id" params={{ id }} className="text-[15px] font-semibold">
                      #{id}
                    </TextLink>
                    <button
                      type="button"
                      aria-label={`Take provider ${id} out`}
                      onClick={() => onRemove(id)}
                      className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
                    >
                      <X className="size-4" aria-hidden />
                    </button>
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {rows.map(({ name, cell }) => (
              <tr key={name}>
                <th
                  scope="row"
                  className="sticky left-0 h-11 bg-surface px-4 text-left font-normal whitespace-nowrap text-muted sm:px-5"
                >
                  {name}
                </th>
                {providers.map((provider) => (
                  <td key={provider.id} className="h-11 px-4 whitespace-nowrap">
                    {cell(provider)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  )
}

function useRows(classes: readonly string[]): readonly Row[] {
  const { assetOf, stakeToken } = useAssets()
  return [
    { name: 'Trust', cell: ({ level }) => <LevelBadge level={level} /> },
    { name: 'State', cell: ({ state }) => <ProviderStateBadge state={state} /> },
    { name: 'Country', cell: ({ country }) => <Country code={country} /> },
    { name: 'Score', cell: ({ score }) => <span className="font-semibold">{bpsText(score)}</span> },
    ...scoreInputs.map(({ key, name }) => ({
      name,
      cell: ({ inputs }: ProviderDetail) =>
        inputs ? (
          <span className="flex items-center gap-3">
            <Meter share={inputs[key] / 10_000} label={name} className="w-16" /> {bpsText(inputs[key])}
          </span>
        ) : (
          <span className="text-muted">not yet</span>
        ),
    })),
    ...classes.map((name) => ({
      name: `Price of ${name}`,
      cell: (provider: ProviderDetail) => {
        const price = priceOf(provider, name)
        return price ? (
          <Price amount={price.price} asset={assetOf(price.asset)} />
        ) : (
          <span className="text-muted">none</span>
        )
      },
    })),
    { name: 'Stake', cell: ({ stake }) => <Amount amount={stake.bonded} asset={stakeToken} /> },
    {
      name: 'Units leased',
      cell: (provider) => {
        const { committed, leased } = unitsOf(provider)
        return `${countText(leased)} of ${countText(committed)}`
      },
    },
    { name: 'Leases', cell: ({ leases }) => `${countText(leases.running)} running, ${countText(leases.total)} ever` },
    {
      name: 'Incidents',
      cell: ({ id, incidentCount }) =>
        incidentCount === 0 ? (
          <span className="text-muted">none</span>
        ) : (
          <TextLink to="/providers/$id" params={{ id }} hash="incidents">
            {countText(incidentCount)}
          </TextLink>
        ),
    },
    { name: 'Registered', cell: ({ registeredAt }) => <RelativeTime at={registeredAt} /> },
  ]
}
