import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { LeaseDetail } from '@tender/api'
import type { UpdateEvent } from '@tender/tenant'
import { Suspense, useMemo, useState } from 'react'
import { describeError } from '../../shared/api/describeError.ts'
import { useMarket } from '../../shared/api/queries.ts'
import { readCompose } from '../../shared/compose/composeIssues.ts'
import { NeedsCard } from '../../shared/compose/NeedsCard.tsx'
import { missingOf, needsOf } from '../../shared/compose/needs.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { useOpenMarket } from '../../shared/wallet/useWallet.ts'
import type { PlannedUpdate } from './update.ts'
import type { PageReach } from './useReach.ts'

const ComposeEditor = lazyPart(() =>
  import('../../shared/compose/ComposeEditor.tsx').then((part) => part.ComposeEditor),
)

/** Edits what runs and has the provider replace it, in two phases: the old version stays until the new one is well. */
export function UpdateTab({ lease, reach }: { lease: LeaseDetail; reach: PageReach }) {
  const before = useQuery({
    queryKey: ['composed', reach.record.leaseId],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await (await import('./update.ts')).composedBefore(reach)) ?? null,
  })
  if (before.isPending) return <Skeleton className="h-64 w-full" />
  if (!before.data) {
    return (
      <Card>
        <EmptyState title="Its Compose file is not here">
          It was written elsewhere; update it there with <code>tender up</code>.
        </EmptyState>
      </Card>
    )
  }
  return <Editing lease={lease} reach={reach} before={before.data} />
}

type EditingProps = {
  lease: LeaseDetail
  reach: PageReach
  before: { text: string; files: ReadonlyMap<string, Uint8Array> }
}

function Editing({ lease, reach, before }: EditingProps) {
  const [text, setText] = useState(before.text)
  const [files, setFiles] = useState(before.files)
  const [values, setValues] = useState<ReadonlyMap<string, Uint8Array>>(new Map())
  const { data: market } = useMarket()
  const update = useUpdate(lease, reach)
  const { parsed } = useMemo(() => readCompose(text), [text])
  const needs = useMemo(() => (parsed ? needsOf(parsed, files, values) : []), [parsed, files, values])
  const given = {
    needs,
    giveFile: (path: string, bytes: Uint8Array) => setFiles(new Map(files).set(path, bytes)),
    giveValue(key: string, bytes: Uint8Array | undefined) {
      const next = new Map(values)
      if (bytes) next.set(key, bytes)
      else next.delete(key)
      setValues(next)
    },
  }
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <Card title="Compose file" hint="As it was ordered, or updated last" flush className="overflow-hidden">
          <div className="border-t border-line">
            <Suspense fallback={<Skeleton className="m-4 h-64 w-auto" />}>
              <ComposeEditor value={text} onChange={setText} classes={market?.classes ?? []} />
            </Suspense>
          </div>
        </Card>
        <NeedsCard draft={given} />
      </div>
      <Card title="Update" hint="What runs now goes on until the new version is well; if it never is, nothing changes">
        <div className="flex flex-col gap-3">
          <Button
            busy={update.state.step === 'planning'}
            disabled={!parsed || missingOf(needs).length > 0 || update.state.step === 'updating'}
            onClick={() => parsed && void update.plan({ text, parsed, files, values })}
          >
            See what changes
          </Button>
          <UpdateProgress update={update} />
        </div>
      </Card>
    </div>
  )
}

type UpdateState =
  | { step: 'idle' | 'planning' }
  | { step: 'planned'; planned: PlannedUpdate }
  | { step: 'updating'; event: UpdateEvent | undefined }
  | { step: 'done' }
  | { step: 'failed'; error: unknown }

function useUpdate(lease: LeaseDetail, reach: PageReach) {
  const [state, setState] = useState<UpdateState>({ step: 'idle' })
  const { data: market } = useMarket()
  const { data: open } = useOpenMarket()
  const queries = useQueryClient()
  const asset = market?.assets.find(({ address }) => address === lease.asset)
  return {
    state,
    async plan(given: PlannedUpdate['given']) {
      if (!market || !open || !asset) return
      setState({ step: 'planning' })
      try {
        const { planUpdate } = await import('./update.ts')
        setState({ step: 'planned', planned: await planUpdate({ market, asset, open }, reach, given) })
      } catch (error) {
        setState({ step: 'failed', error })
      }
    },
    async perform(planned: PlannedUpdate) {
      setState({ step: 'updating', event: undefined })
      try {
        const { performUpdate } = await import('./update.ts')
        const onEvent = (event: UpdateEvent) => setState({ step: 'updating', event })
        await performUpdate(reach, planned, onEvent, new AbortController().signal)
        setState({ step: 'done' })
        await queries.invalidateQueries({ queryKey: ['reach', lease.id] })
      } catch (error) {
        setState({ step: 'failed', error })
      }
    },
  }
}

function UpdateProgress({ update }: { update: ReturnType<typeof useUpdate> }) {
  const { state } = update
  switch (state.step) {
    case 'idle':
    case 'planning':
      return null
    case 'planned':
      return <Planned planned={state.planned} onPerform={() => void update.perform(state.planned)} />
    case 'updating':
      return (
        <p role="status" className="text-[13px] text-muted">
          {state.event ? eventWords(state.event) : 'Asking the provider'}
        </p>
      )
    case 'done':
      return (
        <p role="status" className="text-[13px] text-good">
          Updated: the new version runs.
        </p>
      )
    case 'failed': {
      const { message, hint } = describeError(state.error)
      return (
        <div role="alert" className="text-[13px]">
          <p className="text-bad first-letter:uppercase">{message}</p>
          {hint && <p className="text-muted">{hint}</p>}
        </div>
      )
    }
  }
}

function Planned({ planned: { change }, onPerform }: { planned: PlannedUpdate; onPerform: () => void }) {
  if (change.kind === 'none') return <p className="text-[13px] text-muted">Nothing differs from what runs.</p>
  return (
    <>
      <ul className="list-disc pl-5 text-[13px]">
        {change.lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {change.kind === 'replace' ? (
        <div className="flex flex-col items-start gap-2 text-[13px] text-muted">
          <p>That is another thing to buy, so it takes an order of its own. Deploy it, then close this lease.</p>
          <ButtonLink to="/deploy" size="small">
            Deploy
          </ButtonLink>
        </div>
      ) : (
        <Button look="primary" onClick={onPerform}>
          Update it
        </Button>
      )}
    </>
  )
}

function eventWords(event: UpdateEvent): string {
  switch (event.type) {
    case 'updating':
      return `Update ${event.revision} is on its way`
    case 'sending':
      return `Sending: ${event.sentBytes} of ${event.totalBytes} bytes`
    case 'replacing':
      return event.waitingFor ? `Replacing; waits: ${event.waitingFor}` : 'Replacing what runs'
    case 'away':
      return `Its provider is away: ${event.reason}`
    case 'updated':
      return 'It runs'
  }
}
