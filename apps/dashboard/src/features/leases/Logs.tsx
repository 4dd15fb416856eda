import { Download, ScrollText } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { describeError } from '../../shared/api/describeError.ts'
import { Badge } from '../../shared/ui/Badge.tsx'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { cn } from '../../shared/ui/cn.ts'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { inputLook } from '../../shared/ui/Field.tsx'
import { Select } from '../../shared/ui/Select.tsx'
import { filterLines, logFile, type NumberedLine, plainText } from './logLines.ts'
import { type LogState, useLog } from './useLog.ts'
import type { PageReach } from './useReach.ts'

/** What the workload wrote, as it writes it: searched, followed, downloaded. */
export function Logs({ reach, running }: { reach: PageReach; running: boolean }) {
  const { lines, state, error } = useLog(reach, running)
  const [search, setSearch] = useState('')
  const [service, setService] = useState('')
  const services = reach.manifest?.services.map(({ name }) => name) ?? [...new Set(lines.map((line) => line.service))]
  const shown = filterLines(lines, { search, service })
  return (
    <Card flush className="overflow-hidden">
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-3">
        <input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          className={cn(inputLook, 'w-40 flex-1 sm:max-w-72')}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        {services.length > 1 && (
          <Select
            aria-label="Of which service"
            value={service}
            options={[{ value: '', label: 'All services' }, ...services.map((name) => ({ value: name, label: name }))]}
            onValueChange={setService}
          />
        )}
        <StateBadge state={state} />
        <Button
          size="small"
          className="ml-auto"
          disabled={lines.length === 0}
          onClick={() => download(reach.record.name, lines)}
        >
          <Download aria-hidden /> Download
        </Button>
      </div>
      {error !== undefined && (
        <p role="alert" className="border-b border-line bg-warn-soft px-4 py-2 text-[13px] text-warn">
          {describeError(error).message}
          {running && '; going on when its provider is back'}
        </p>
      )}
      {shown.length === 0 ? (
        <EmptyState icon={ScrollText} title={emptyTitle(lines.length, state)}>
          {lines.length === 0 &&
            'Lines appear here as the workload writes them. An HTTP handler writes when it is asked.'}
        </EmptyState>
      ) : (
        <LineList lines={shown} several={services.length > 1} follow={running} />
      )}
    </Card>
  )
}

function emptyTitle(known: number, state: LogState): string {
  if (known > 0) return 'No line holds that'
  return state === 'reading' ? 'Reading the log' : 'It has written nothing yet'
}

const stateWords: Record<LogState, string> = {
  reading: 'reading',
  following: 'live',
  ended: 'complete',
  away: 'provider away',
}

function StateBadge({ state }: { state: LogState }) {
  const tone = state === 'following' ? 'good' : state === 'away' ? 'warn' : 'neutral'
  return (
    <Badge tone={tone} role="status">
      {stateWords[state]}
    </Badge>
  )
}

/** The end stays in sight as long as one does not scroll away from it. */
function LineList({ lines, several, follow }: { lines: readonly NumberedLine[]; several: boolean; follow: boolean }) {
  const box = useRef<HTMLDivElement>(null)
  const [pinned, setPinned] = useState(true)
  const last = lines.at(-1)?.id

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new last line is what scrolls
  useEffect(() => {
    if (pinned && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [last, pinned])

  return (
    <div className="relative">
      <section
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        aria-label="Log"
        onScroll={({ currentTarget: at }) => setPinned(at.scrollHeight - at.scrollTop - at.clientHeight < 24)}
        className="h-[28rem] overflow-auto bg-inset/50 py-2 font-mono text-xs leading-5 focus-visible:outline-offset-[-2px]"
      >
        {lines.map((line) => (
          <div key={line.id} className="flex gap-3 px-4 hover:bg-hover">
            <time className="hidden shrink-0 text-muted select-none sm:block">
              {new Date(line.atMs).toLocaleTimeString(undefined, { hour12: false })}
            </time>
            {several && <span className="w-16 shrink-0 truncate text-accent select-none">{line.service}</span>}
            <span
              className={cn(
                'min-w-0 break-all whitespace-pre-wrap',
                line.stream === 'stderr' && 'text-bad',
                line.stream === 'system' && 'text-muted italic',
              )}
            >
              {plainText(line.text)}
            </span>
          </div>
        ))}
      </section>
      {follow && !pinned && (
        <Button size="small" className="absolute right-4 bottom-3 shadow-raised" onClick={() => setPinned(true)}>
          To the newest
        </Button>
      )}
    </div>
  )
}

function download(name: string, lines: readonly NumberedLine[]): void {
  const url = URL.createObjectURL(new Blob([logFile(lines)], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.log`
  link.click()
  URL.revokeObjectURL(url)
}
