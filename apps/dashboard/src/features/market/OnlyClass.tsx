import type { ResourceClass } from '@tender/api'
import { useAssets } from '../../shared/api/assets.ts'
import { countText, shareText } from '../../shared/format/number.ts'
import { classTitle, classUnit } from '../../shared/format/resourceClass.ts'
import { Price } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { Stat } from '../../shared/ui/Stat.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'

/** The one class of a market that sells a single one, in four numbers. */
export function OnlyClass({ resource }: { resource: ResourceClass }) {
  const { assetOf } = useAssets()
  const { name, leasedUnits, committedUnits, providers } = resource
  const price = resource.prices[0]
  return (
    <Card>
      <div className="grid grid-cols-2 gap-x-6 gap-y-5 lg:grid-cols-4">
        <Stat
          label={
            <>
              {classTitle(name)} <code className="text-xs">{name}</code>
            </>
          }
          value={price ? <Price amount={price.reference} asset={assetOf(price.asset)} /> : 'No price yet'}
          hint={price ? `median of ${countText(price.matches)} matches` : 'the first match sets it'}
        />
        <Stat
          label="Last match"
          value={
            price ? (
              <TxLink tx={price.last.tx}>
                <Price amount={price.last.price} asset={assetOf(price.asset)} />
              </TxLink>
            ) : (
              'None yet'
            )
          }
          hint={price ? <RelativeTime at={price.last.at} /> : classUnit(name)}
        />
        <Stat
          label="Units leased"
          value={`${countText(leasedUnits)} of ${countText(committedUnits)}`}
          hint={
            <span className="flex items-center gap-2">
              <Meter share={committedUnits > 0 ? leasedUnits / committedUnits : 0} label="Leased" className="w-20" />
              {shareText(leasedUnits, committedUnits)}
            </span>
          }
        />
        <Stat label="Providers" value={countText(providers)} hint={<TextLink to="/providers">who they are</TextLink>} />
      </div>
    </Card>
  )
}
