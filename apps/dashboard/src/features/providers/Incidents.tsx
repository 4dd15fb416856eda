import { Link } from '@tanstack/react-router'
import type { Incident } from '@tender/api'
import { ShieldCheck } from 'lucide-react'
import { useAssets } from '../../shared/api/assets.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'

const words: Readonly<Record<Incident['kind'], string>> = {
  abandoned: 'Left a lease before its end',
  endedByMonitors: 'Vanished: monitors ended a lease',
  penalised: 'Paid a penalty from its stake',
  slashed: 'Stake was slashed',
  credited: 'Compensated a tenant from its stake',
  undercollateralised: 'Had too little stake for its leases',
  banned: 'Banned by governance',
}

/** What went wrong, each with the transaction that shows it. */
export function Incidents({ incidents, total }: { incidents: readonly Incident[]; total: string }) {
  return (
    <Card
      title={<span id="incidents">Incidents</span>}
      hint={incidents.length > 0 ? `${total} in all` : undefined}
      flush
    >
      {incidents.length === 0 ? (
        <EmptyState icon={ShieldCheck} title="Nothing went wrong so far" className="py-6" />
      ) : (
        <ul className="max-h-96 divide-y divide-line overflow-y-auto border-t border-line">
          {incidents.map((incident) => (
            <li key={`${incident.block}-${incident.logIndex}`} className="px-4 py-2.5 sm:px-5">
              <div className="flex items-baseline justify-between gap-3">
                <span className="font-medium">{words[incident.kind]}</span>
                <TxLink tx={incident.tx} className="shrink-0 text-[13px] text-muted">
                  <RelativeTime at={incident.at} />
                </TxLink>
              </div>
              <Details incident={incident} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Details({ incident: { amount, lease, reason } }: { incident: Incident }) {
  const { stakeToken } = useAssets()
  return (
    <div className="flex flex-wrap gap-x-3 text-[13px] text-muted">
      {reason && <span>{reason}</span>}
      {amount !== null && <Amount amount={amount} asset={stakeToken} />}
      {lease && (
        <Link
          to="/leases/$id"
          params={{ id: lease }}
          className="font-mono text-accent underline-offset-4 hover:underline"
        >
          lease {lease.slice(0, 8)}…
        </Link>
      )}
    </div>
  )
}
