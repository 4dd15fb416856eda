import type { Provider, ProviderEra } from '@tender/api'
import { useAssets } from '../../shared/api/assets.ts'
import { bpsText, countText } from '../../shared/format/number.ts'
import { Amount, Price } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { Explained } from '../../shared/ui/Explained.tsx'
import { Stat } from '../../shared/ui/Stat.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { priceOf, unitsOf } from './figures.ts'

const proven =
  'As last proven to the registry, which is what counts. Reports say it first; anybody can carry the proof to the chain.'

export type KeyFiguresProps = {
  provider: Provider
  /** What the newest report says of it; undefined: nothing yet. */
  newest: ProviderEra | undefined
}

/** A provider in five numbers. */
export function KeyFigures({ provider, newest }: KeyFiguresProps) {
  const { assetOf, stakeToken } = useAssets()
  const { committed, leased } = unitsOf(provider)
  const sold = provider.capacity[0]?.class ?? 'cu'
  const price = priceOf(provider, sold)
  return (
    <Card>
      <div className="grid grid-cols-2 gap-x-6 gap-y-5 sm:grid-cols-3 lg:grid-cols-5">
        <Stat
          label={<Explained meaning={proven}>Score</Explained>}
          value={bpsText(provider.score)}
          hint={
            newest ? (
              <TextLink to="/eras/$era" params={{ era: String(newest.era) }} search={{ provider: provider.id }}>
                era {countText(newest.era)} says {bpsText(newest.score)}
              </TextLink>
            ) : (
              'not reported yet'
            )
          }
        />
        <Stat
          label={`Price of ${sold}`}
          value={price ? <Price amount={price.price} asset={assetOf(price.asset)} /> : 'unknown'}
          hint={price && (price.source === 'availability' ? 'as it says now' : 'of its latest lease')}
        />
        <Stat
          label="Stake"
          value={<Amount amount={provider.stake.bonded} asset={stakeToken} />}
          hint={
            <>
              <Amount amount={provider.stake.locked} asset={stakeToken} /> behind units
            </>
          }
        />
        <Stat
          label="Units"
          value={`${countText(leased)} of ${countText(committed)}`}
          hint={committed > leased ? `${countText(committed - leased)} free` : 'all leased'}
        />
        <Stat
          label="Leases running"
          value={countText(provider.leases.running)}
          hint={`${countText(provider.leases.total)} ever opened`}
        />
      </div>
    </Card>
  )
}
