import { useMemo } from 'react'
import { countryName } from '../../shared/format/country.ts'
import { cn } from '../../shared/ui/cn.ts'
import { HEIGHT, placeOf, shapes, WIDTH } from './worldShapes.ts'

export type WorldMapProps = {
  countries: readonly { country: string; providers: number }[]
  selected: string | undefined
  onSelect: (country: string | undefined) => void
}

/** A map of the world with a button on each country that has providers. */
export function WorldMap({ countries, selected, onSelect }: WorldMapProps) {
  const marks = useMemo(() => countries.flatMap((one) => ({ ...one, place: placeOf(one.country) })), [countries])
  const sold = new Set(countries.map(({ country }) => country))
  return (
    <div className="relative h-full w-full">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden className="h-full w-full">
        {shapes.map(({ key, country, path }) => (
          <path
            key={key}
            d={path}
            strokeWidth={0.5}
            className={cn(
              'stroke-surface',
              country === undefined || !sold.has(country)
                ? 'fill-hover'
                : country === selected
                  ? 'fill-accent'
                  : 'fill-accent-line',
            )}
          />
        ))}
      </svg>
      {marks.map(({ country, providers, place }) =>
        place ? (
          <button
            key={country}
            type="button"
            aria-pressed={country === selected}
            aria-label={`${countryName(country)}: ${providers} ${providers === 1 ? 'provider' : 'providers'}`}
            title={`${countryName(country)}: ${providers}`}
            onClick={() => onSelect(country === selected ? undefined : country)}
            style={{ left: `${(place[0] / WIDTH) * 100}%`, top: `${(place[1] / HEIGHT) * 100}%` }}
            className="absolute flex size-5 -translate-x-1/2 -translate-y-1/2 items-center justify-center rounded-full border-2 border-surface bg-accent text-[11px] leading-none font-semibold text-on-accent hover:bg-accent-hover aria-pressed:ring-2 aria-pressed:ring-accent sm:size-6 sm:text-xs"
          >
            {providers}
          </button>
        ) : null,
      )}
    </div>
  )
}
