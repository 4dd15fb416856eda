import { describeError } from '../../../shared/api/describeError.ts'
import { cn } from '../../../shared/ui/cn.ts'
import { Skeleton } from '../../../shared/ui/Skeleton.tsx'
import { plainText } from '../logLines.ts'
import type { PageReach } from '../useReach.ts'
import { useTaskLog } from './useOutput.ts'

/** What a task wrote, by its provider's word: no validator compares it. */
export function TaskLog({ reach, task }: { reach: PageReach; task: number }) {
  const log = useTaskLog(reach, task, true)
  return (
    <section aria-label="Log of the task">
      <h3 className="text-sm font-semibold">Log</h3>
      <p className="mb-1 text-xs text-muted">
        {log.data ? `${log.data.end}; by the provider’s word` : 'By the provider’s word: nobody compares it'}
      </p>
      {log.isPending ? (
        <Skeleton className="h-16 w-full" />
      ) : log.isError ? (
        <p role="alert" className="text-[13px] text-bad">
          {describeError(log.error).message}
        </p>
      ) : !log.data ? (
        <p className="text-[13px] text-muted">Its provider has no log of it any more.</p>
      ) : log.data.lines.length === 0 ? (
        <p className="text-[13px] text-muted">It wrote nothing.</p>
      ) : (
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          tabIndex={0}
          aria-label="Lines of the log"
          className="max-h-64 overflow-auto rounded-lg bg-inset px-3 py-2 font-mono text-xs leading-5"
        >
          {log.data.lines.map(({ atMs, stream, text }, at) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: two lines may be the same, and none of them moves
              key={`${atMs} ${at}`}
              className={cn(
                'block break-all whitespace-pre-wrap',
                stream === 'stderr' && 'text-bad',
                stream === 'system' && 'text-muted italic',
              )}
            >
              {plainText(text)}
            </span>
          ))}
        </section>
      )}
    </section>
  )
}
