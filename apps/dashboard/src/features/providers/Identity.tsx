import type { Provider } from '@tender/api'
import { bpsText } from '../../shared/format/number.ts'
import { useChainNow } from '../../shared/hooks/useChainNow.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { Country } from '../../shared/ui/Country.tsx'
import { Facts } from '../../shared/ui/Facts.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'

/** Who a provider is, by its keys. */
export function Identity({ provider }: { provider: Provider }) {
  const { levelValidUntil } = provider
  const now = useChainNow()
  return (
    <Card title="Identity">
      <Facts
        facts={[
          { label: 'Country', meaning: 'As it says; nobody verified it.', value: <Country code={provider.country} /> },
          { label: 'Owner', value: <Hash value={provider.owner} /> },
          {
            label: 'Operator',
            meaning: 'The key that its agent signs with. It is also its name in the network.',
            value: provider.operator ? <Hash value={provider.operator} /> : 'none after a change of hands',
          },
          { label: 'Paid to', value: <Hash value={provider.payout} /> },
          {
            label: 'Registered',
            value: (
              <TxLink tx={provider.tx}>
                <RelativeTime at={provider.registeredAt} />
              </TxLink>
            ),
          },
          {
            label: 'Level proven',
            meaning: 'Anybody can show the registry a proven score. It counts for a while, then the level falls to 5.',
            value:
              levelValidUntil === null ? (
                'never'
              ) : (
                <>
                  {levelValidUntil > now ? 'runs out' : 'ran out'} <RelativeTime at={levelValidUntil} />
                </>
              ),
          },
          { label: 'Commission', value: bpsText(provider.stake.commissionBps) },
        ]}
      />
    </Card>
  )
}
