import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Draft } from '@tender/api'
import { FileText, Trash2 } from 'lucide-react'
import { api } from '../../shared/api/client.ts'
import { describeError } from '../../shared/api/describeError.ts'
import { keys } from '../../shared/api/keys.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { toast } from '../../shared/ui/Toaster.tsx'

/** Compose files that the account keeps at this gateway. */
export function Drafts() {
  const drafts = useQuery({
    queryKey: keys.drafts(),
    queryFn: ({ signal }) => api.listDrafts({ limit: 100 }, { signal }),
  })
  return (
    <Card title="Drafts" hint="Compose files that you saved on the deploy page; put no secrets into them" flush>
      {drafts.isLoadingError ? (
        <ErrorState title="The drafts could not be read" error={drafts.error} retry={() => void drafts.refetch()} />
      ) : !drafts.data ? (
        <SkeletonRows rows={2} />
      ) : drafts.data.items.length === 0 ? (
        <EmptyState
          icon={FileText}
          title="No drafts yet"
          actions={
            <ButtonLink to="/deploy" size="small">
              Write one
            </ButtonLink>
          }
        />
      ) : (
        <ul className="divide-y divide-line">
          {drafts.data.items.map((draft) => (
            <DraftRow key={draft.id} draft={draft} />
          ))}
        </ul>
      )}
    </Card>
  )
}

function DraftRow({ draft }: { draft: Draft }) {
  const queries = useQueryClient()
  const removing = useMutation({
    mutationFn: () => api.deleteDraft({ id: draft.id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.drafts() }),
    onError: (error) => toast.error(describeError(error).message),
  })
  return (
    <li className="flex items-center justify-between gap-3 px-4 py-2.5 sm:px-5">
      <div className="min-w-0">
        <p className="truncate font-medium">{draft.name}</p>
        <p className="text-[13px] text-muted">
          changed <RelativeTime at={draft.updatedAt} />
        </p>
      </div>
      <div className="flex gap-1">
        <ButtonLink to="/deploy" search={{ draft: draft.id }} size="small">
          Open
        </ButtonLink>
        <Button
          look="quiet"
          size="icon"
          aria-label={`Delete ${draft.name}`}
          busy={removing.isPending}
          onClick={() => removing.mutate()}
        >
          <Trash2 aria-hidden />
        </Button>
      </div>
    </li>
  )
}
