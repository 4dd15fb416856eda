import type { Provider } from '@tender/api'
import { useAssets } from '../../shared/api/assets.ts'
import { bpsText, countText } from '../../shared/format/number.ts'
import { Amount, Price } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { Stat } from '../../shared/ui/Stat.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { priceOf, unitsOf } from './figures.ts'

/** A provider in five numbers. */
export function KeyFigures({ provider }: { provider: Provider }) {
  const { assetOf, stakeToken } = useAssets()
  const { committed, leased } = unitsOf(provider)
  const sold = provider.capacity[0]?.class ?? 'cu'
  const price = priceOf(provider, sold)
  const { inputsEra } = provider
  return (
    <Card>
      <div className="grid grid-cols-2 gap-x-6 gap-y-5 sm:grid-cols-3 lg:grid-cols-5">
        <Stat
          label="Score"
          value={bpsText(provider.score)}
          hint={
            inputsEra === null ? (
              'not reported yet'
            ) : (
              <TextLink to="/eras/$era" params={{ era: String(inputsEra) }} search={{ provider: provider.id }}>
                newest report: era {inputsEra}
              </TextLink>
            )
          }
        />
        <Stat
          label={`Price of ${sold}`}
          value={price ? <Price amount={price.price} asset={assetOf(price.asset)} /> : 'unknown'}
          hint={price && (price.source === 'availability' ? 'as it says now, signed' : 'of its latest lease')}
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
