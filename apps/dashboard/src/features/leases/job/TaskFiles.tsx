import { formatSize, type TaskRecord } from '@tender/protocol'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { describeError } from '../../../shared/api/describeError.ts'
import { countText } from '../../../shared/format/number.ts'
import { Button } from '../../../shared/ui/Button.tsx'
import { Skeleton } from '../../../shared/ui/Skeleton.tsx'
import type { PageReach } from '../useReach.ts'
import type { OutputFile } from './content.ts'
import { saveBlob } from './saveBlob.ts'
import { useFiles } from './useOutput.ts'

/** What a task made, file by file, each to be saved. */
export function TaskFiles({ reach, record }: { reach: PageReach; record: TaskRecord }) {
  const files = useFiles(reach, record)
  return (
    <section aria-label="Files">
      <h3 className="mb-1 text-sm font-semibold">Files</h3>
      {files.isPending ? (
        <Skeleton className="h-9 w-full" />
      ) : files.isError ? (
        <p role="alert" className="text-[13px] text-bad">
          {describeError(files.error).message}{' '}
          <button type="button" className="underline" onClick={() => void files.refetch()}>
            Try again
          </button>
        </p>
      ) : files.data.length === 0 ? (
        <p className="text-[13px] text-muted">It made none.</p>
      ) : (
        <ul className="max-h-72 divide-y divide-line overflow-y-auto rounded-lg border border-line">
          {files.data.map((file) => (
            <FileLine key={file.path} reach={reach} file={file} task={record.task} />
          ))}
        </ul>
      )}
      {files.data && files.data.length > 1 && (
        <p className="mt-1 text-xs text-muted">{countText(files.data.length)} files</p>
      )}
    </section>
  )
}

function FileLine({ reach, file, task }: { reach: PageReach; file: OutputFile; task: number }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  async function save(): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      const { savedFile, MAX_SAVED_BYTES } = await import('./content.ts')
      if (file.bytes > MAX_SAVED_BYTES)
        throw new Error('it is too large for a page; bring it with `tender job results`')
      saveBlob(await savedFile(reach, file, new AbortController().signal), `${task}-${file.path.replaceAll('/', '-')}`)
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <li className="flex flex-wrap items-center gap-x-3 px-3 py-1.5 text-[13px]">
      <span className="min-w-0 flex-1 truncate font-mono" title={file.path}>
        {file.path}
      </span>
      <span className="text-muted">{formatSize(file.bytes)}</span>
      <Button look="quiet" size="small" busy={busy} onClick={() => void save()}>
        <Download aria-hidden /> Save<span className="sr-only"> {file.path}</span>
      </Button>
      {error !== undefined && (
        <p role="alert" className="basis-full text-bad">
          {describeError(error).message}
        </p>
      )}
    </li>
  )
}
