import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { Market } from '@tender/api'
import { History } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { Field, inputLook } from '../../shared/ui/Field.tsx'
import type { OpenMarket } from '../../shared/wallet/openMarket.ts'
import { useWallet } from '../../shared/wallet/useWallet.ts'
import type { UnfinishedOrder } from './deploy.ts'
import { runDeployment } from './deploymentStore.ts'

type Place = { market: Market; open: OpenMarket }

/** Orders that an earlier visit of this page left on their way, to be gone on with. */
export function Unfinished({ market, open }: Place) {
  const { connection } = useWallet()
  const { data } = useQuery({
    queryKey: ['unfinished', connection?.address, market.contracts.orderBook],
    enabled: connection !== undefined,
    gcTime: 0,
    async queryFn() {
      const { unfinishedOrders } = await import('./deploy.ts')
      return unfinishedOrders({ market, open }, connection?.address ?? '')
    },
  })
  if (!data || data.length === 0) return null
  return (
    <Card title="Left on its way" hint="This page was closed in the middle. Nothing is done twice by going on">
      <ul className="flex flex-col gap-4">
        {data.map((earlier) => (
          <UnfinishedItem key={earlier.record.id} earlier={earlier} place={{ market, open }} />
        ))}
      </ul>
    </Card>
  )
}

function UnfinishedItem({ earlier, place }: { earlier: UnfinishedOrder; place: Place }) {
  const { record } = earlier
  const queries = useQueryClient()
  const [values, setValues] = useState<ReadonlyMap<string, string>>(new Map())
  const names = secretNames(record.manifest.services)
  const missing = names.some((name) => !values.get(name))

  function goOn(): void {
    const given = new Map([...values].map(([name, value]) => [name, new TextEncoder().encode(value)]))
    void runDeployment(record.name, 0, async (work) => {
      const { goOn } = await import('./deploy.ts')
      await goOn(place, record.id, given, work)
      await queries.invalidateQueries({ queryKey: ['unfinished'] })
    })
  }

  return (
    <li className="flex flex-wrap items-end justify-between gap-3">
      <div className="min-w-0">
        <p className="flex items-center gap-2 font-medium">
          <History className="size-4 text-muted" aria-hidden /> {record.name}
        </p>
        <p className="text-[13px] text-muted">{whereItIs(earlier)}</p>
      </div>
      {names.map((name) => (
        <Field key={name} label={`Secret ${name}, again`}>
          {(input) => (
            <input
              {...input}
              type="password"
              autoComplete="off"
              className={inputLook}
              onChange={({ target }) => setValues((known) => new Map(known).set(name, target.value))}
            />
          )}
        </Field>
      ))}
      <Button look="primary" size="small" disabled={missing} onClick={goOn}>
        Go on
      </Button>
    </li>
  )
}

function whereItIs({ record, leases, auctionEndsAtMs }: UnfinishedOrder): string {
  if (leases.length > 0) return 'Its lease is open and costs money; its files have not arrived for certain.'
  if (auctionEndsAtMs === undefined) return 'Its match was about to be sent.'
  const bids = record.answers.filter(({ answer }) => answer.type === 'bid').length
  const came = bids === 0 ? 'No bid came yet' : bids === 1 ? 'One bid came' : `${bids} bids came`
  return Date.now() < auctionEndsAtMs
    ? `Its auction runs. ${came}; going on takes more, then the best is matched.`
    : `Its auction is over. ${came}; going on matches the best. Left alone it lapses, and costs nothing.`
}

function secretNames(services: UnfinishedOrder['record']['manifest']['services']): string[] {
  return [...new Set(services.flatMap(({ container }) => container?.secrets?.map(({ name }) => name) ?? []))]
}
