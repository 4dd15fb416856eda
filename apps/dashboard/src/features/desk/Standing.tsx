import { useQuery } from '@tanstack/react-query'
import type { ProviderDetail, ScoreInputs } from '@tender/api'
import { providerErasQuery } from '../../shared/api/queries.ts'
import { bpsText } from '../../shared/format/number.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { Explained } from '../../shared/ui/Explained.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { Sparkline } from '../../shared/ui/Sparkline.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'

const inputs: readonly { key: keyof ScoreInputs; name: string; better: string }[] = [
  {
    key: 'uptimeBps',
    name: 'Uptime',
    better: 'How much of the time your leases were up. Restarts and lost probes count.',
  },
  { key: 'performanceBps', name: 'Performance', better: 'How far you kept the uptime that was promised.' },
  { key: 'completedBps', name: 'Completed', better: 'Of what ended, how much ended well. Abandoning costs.' },
  { key: 'ratingBps', name: 'Ratings', better: "Tenants' stars, weighted by what they paid." },
  { key: 'consistencyBps', name: 'Consistency', better: 'How alike your eras are.' },
]

/** Score, level and what they are made of, era by era. */
export function Standing({ provider }: { provider: ProviderDetail }) {
  const eras = useQuery(providerErasQuery(provider.id))
  const scores = eras.data?.items.toReversed().map(({ score }) => score) ?? []
  return (
    <Card
      title="Standing"
      hint={
        provider.inputsEra === null ? (
          'No report has data of it yet: everyone begins at level 5'
        ) : (
          <>
            From the data of{' '}
            <TextLink to="/eras/$era" params={{ era: String(provider.inputsEra) }}>
              era {provider.inputsEra}
            </TextLink>
          </>
        )
      }
      actions={<span className="text-sm font-semibold">Score {bpsText(provider.score)}</span>}
    >
      {scores.length > 1 && (
        <Sparkline values={scores} min={0} max={10_000} label="Score over eras" className="mb-4 h-10 w-full" />
      )}
      <ul className="flex flex-col gap-3">
        {inputs.map(({ key, name, better }) => {
          const value = provider.inputs?.[key]
          return (
            <li key={key}>
              <div className="mb-1 flex items-baseline justify-between gap-3 text-sm">
                <Explained meaning={better}>{name}</Explained>
                <span className="font-medium">{value === undefined ? 'not yet' : bpsText(value)}</span>
              </div>
              <Meter share={(value ?? 0) / 10_000} label={name} />
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
