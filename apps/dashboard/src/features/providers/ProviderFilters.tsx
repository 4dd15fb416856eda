import { useNavigate } from '@tanstack/react-router'
import type { ProviderState } from '@tender/api'
import { useMarket } from '../../shared/api/queries.ts'
import { countryName } from '../../shared/format/country.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { Select, type SelectOption } from '../../shared/ui/Select.tsx'
import type { ProvidersSearch } from './search.ts'

const ANY = 'any'
const levels: readonly SelectOption<string>[] = [
  { value: ANY, label: 'Any level' },
  { value: '1', label: 'Level 1' },
  { value: '2', label: 'Level 2 or better' },
  { value: '3', label: 'Level 3 or better' },
  { value: '4', label: 'Level 4 or better' },
]
const states: readonly SelectOption<ProviderState | typeof ANY>[] = [
  { value: ANY, label: 'Any state' },
  { value: 'active', label: 'Active' },
  { value: 'draining', label: 'Draining' },
  { value: 'paused', label: 'Paused' },
  { value: 'banned', label: 'Banned' },
]

/** Which providers are listed; kept in the page's address, so that it can be passed on. */
export function ProviderFilters({ filter, countries }: { filter: ProvidersSearch; countries: readonly string[] }) {
  const { data: market } = useMarket()
  const navigate = useNavigate({ from: '/providers' })
  const change = (part: { [Key in keyof ProvidersSearch]: ProvidersSearch[Key] | undefined }) => {
    const search = Object.fromEntries(Object.entries({ ...filter, ...part }).filter(([, value]) => value !== undefined))
    void navigate({ search, replace: true, resetScroll: false })
  }
  const chosen = (value: string) => (value === ANY ? undefined : value)
  const filtered = Object.keys(filter).length > 0
  return (
    <fieldset className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-3 sm:px-5">
      <legend className="sr-only">Which providers</legend>
      <Select
        aria-label="Resource class"
        value={filter.class ?? ANY}
        options={[
          { value: ANY, label: 'Any class' },
          ...(market?.classes ?? []).map((name) => ({ value: name, label: name })),
        ]}
        onValueChange={(value) => change({ class: chosen(value) })}
      />
      <Select
        aria-label="Trust level"
        value={String(filter.level ?? ANY)}
        options={levels}
        onValueChange={(value) => change({ level: value === ANY ? undefined : Number(value) })}
      />
      <Select
        aria-label="Country"
        value={filter.country ?? ANY}
        options={[
          { value: ANY, label: 'Any country' },
          ...[...new Set([...countries, ...(filter.country ? [filter.country] : [])])]
            .map((code) => ({ value: code, label: countryName(code) }))
            .sort((a, b) => a.label.localeCompare(b.label)),
        ]}
        onValueChange={(value) => change({ country: chosen(value) })}
      />
      <Select
        aria-label="State"
        value={filter.state ?? ANY}
        options={states}
        onValueChange={(value) => change({ state: value === ANY ? undefined : value })}
      />
      {filtered && (
        <Button look="quiet" onClick={() => void navigate({ search: {}, replace: true, resetScroll: false })}>
          Clear
        </Button>
      )}
    </fieldset>
  )
}
