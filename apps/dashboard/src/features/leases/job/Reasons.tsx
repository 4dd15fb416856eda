import { useQuery } from '@tanstack/react-query'
import type { Hex } from 'viem'
import { describeError } from '../../../shared/api/describeError.ts'
import { useMarket } from '../../../shared/api/queries.ts'
import { shortHex } from '../../../shared/format/hex.ts'
import { Badge } from '../../../shared/ui/Badge.tsx'
import { Button } from '../../../shared/ui/Button.tsx'
import { Card } from '../../../shared/ui/Card.tsx'
import { useOpenMarket } from '../../../shared/wallet/useWallet.ts'
import type { ToldVerdict } from './askReasons.ts'
import type { PartView } from './useTasks.ts'

/** What each validator found when it ran tasks again: its word, under its signature. */
export function Reasons({ part: { job, reach }, seed }: { part: PartView; seed: Hex }) {
  const { data: market } = useMarket()
  const { data: open } = useOpenMarket()
  const validators = job.draws.at(-1)?.validators ?? []
  const told = useQuery({
    queryKey: ['reasons', job.lease, seed],
    enabled: false,
    retry: false,
    async queryFn({ signal }) {
      if (!market || !open || !reach) throw new Error('the market is not read yet')
      const { askReasons } = await import('./askReasons.ts')
      return askReasons({ market, client: open.client, reach }, { lease: job.lease, seed, validators }, signal)
    },
  })
  return (
    <Card
      title="Why they say so"
      hint="Each validator tells what it found. The verdict is signed; the reasons are its word"
      actions={
        <Button size="small" busy={told.isFetching} onClick={() => void told.refetch()}>
          {told.data ? 'Ask again' : 'Ask them'}
        </Button>
      }
    >
      {told.isError && (
        <p role="alert" className="text-[13px] text-bad">
          {describeError(told.error).message}
        </p>
      )}
      {told.data ? (
        <ul className="flex flex-col gap-4">
          {told.data.map((each) => (
            <Told key={each.validator} told={each} />
          ))}
        </ul>
      ) : (
        !told.isError && <p className="text-sm text-muted">They answer for some days.</p>
      )}
    </Card>
  )
}

function Told({ told }: { told: ToldVerdict }) {
  const verdict = 'verdict' in told ? told.verdict : undefined
  return (
    <li className="text-[13px]">
      <p className="flex items-center justify-between gap-3">
        <span title={told.validator} className="font-mono">
          {shortHex(told.validator)}
        </span>
        {verdict ? (
          <Badge tone={verdict.passed ? 'good' : 'bad'}>{verdict.passed ? 'right' : 'wrong'}</Badge>
        ) : (
          <Badge>silent</Badge>
        )}
      </p>
      {'silent' in told && <p className="text-muted first-letter:uppercase">{told.silent}</p>}
      {verdict && (
        <ul className="mt-1 flex flex-col gap-0.5 text-muted">
          {verdict.faults.map((fault) => (
            <li key={fault} className="text-bad first-letter:uppercase">
              {fault}
            </li>
          ))}
          {verdict.tasks.map(({ task, same, detail }) => (
            <li key={task} className={same ? undefined : 'text-bad'}>
              Task {task}: {detail}
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}
