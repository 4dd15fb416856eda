import { useSearch } from '@tanstack/react-router'
import { Save } from 'lucide-react'
import { Suspense, useState } from 'react'
import { useMarket } from '../../shared/api/queries.ts'
import { NeedsCard } from '../../shared/compose/NeedsCard.tsx'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Page } from '../../shared/ui/Page.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { useOpenMarket } from '../../shared/wallet/useWallet.ts'
import { DeploymentView } from './DeploymentView.tsx'
import { runDeployment, useDeployment } from './deploymentStore.ts'
import { Gallery } from './Gallery.tsx'
import { type AuctionWindow, OrderCard } from './OrderCard.tsx'
import { SaveDraft } from './SaveDraft.tsx'
import { Unfinished } from './Unfinished.tsx'
import { type Draft, useDraft } from './useDraft.ts'

const ComposeEditor = lazyPart(() =>
  import('../../shared/compose/ComposeEditor.tsx').then((part) => part.ComposeEditor),
)

/** From a Compose file to a running workload: what it costs, who bids, where it answers. */
export function DeployPage() {
  const deployment = useDeployment()
  return (
    <Page
      title="Deploy"
      lead="Say what to run and the most it may cost. Providers compete downwards on price; you pay by the second, and what is not used comes back."
    >
      {deployment ? <DeploymentView deployment={deployment} /> : <Writing />}
    </Page>
  )
}

function Writing() {
  const draft = useDraft(useSearch({ from: '/deploy' }))
  const [auction, setAuction] = useState<AuctionWindow>('10')
  const { data: market } = useMarket()
  const { data: open, error: openError, refetch } = useOpenMarket()

  function order(): void {
    const { parsed } = draft.read
    if (!market || !open || !parsed) return
    const given = { text: draft.text, parsed, files: draft.files, values: draft.values }
    const name = parsed.name ?? Object.keys(parsed.services)[0] ?? 'workload'
    void runDeployment(name, Number(auction), async (work) => {
      const { deploy } = await import('./deploy.ts')
      await deploy({ market, open }, given, Number(auction), work)
    })
  }

  return (
    <>
      {market && open && <Unfinished market={market} open={open} />}
      <Gallery chosen={draft.template} onChoose={draft.choose} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <EditorCard draft={draft} classes={market?.classes ?? []} />
          <NeedsCard draft={draft} />
        </div>
        <div className="xl:sticky xl:top-6">
          {openError ? (
            <Card>
              <ErrorState title="The chain could not be read" error={openError} retry={() => void refetch()} />
            </Card>
          ) : (
            <OrderCard draft={draft} auction={auction} onAuction={setAuction} onOrder={order} />
          )}
        </div>
      </div>
    </>
  )
}

function EditorCard({ draft, classes }: { draft: Draft; classes: readonly string[] }) {
  const [saving, setSaving] = useState(false)
  if (draft.saved.isLoadingError) {
    return (
      <Card>
        <ErrorState
          title="The draft could not be read"
          error={draft.saved.error}
          retry={() => void draft.saved.refetch()}
        />
      </Card>
    )
  }
  return (
    <Card
      title="Compose file"
      hint="Ctrl-Space completes. Tab indents; Escape, then Tab leaves the editor"
      flush
      className="overflow-hidden"
      actions={
        <Button size="small" onClick={() => setSaving(true)}>
          <Save aria-hidden /> Save as draft
        </Button>
      }
    >
      <div className="border-t border-line">
        <Suspense fallback={<Skeleton className="m-4 h-64 w-auto" />}>
          <ComposeEditor value={draft.text} onChange={draft.setText} classes={classes} />
        </Suspense>
      </div>
      {saving && <SaveDraft compose={draft.text} onClose={() => setSaving(false)} />}
    </Card>
  )
}
