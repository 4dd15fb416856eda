import { formatSize } from '@tender/protocol'
import { Check, Lock, Paperclip } from 'lucide-react'
import { useId } from 'react'
import { Badge } from '../ui/Badge.tsx'
import { buttonLook } from '../ui/Button.tsx'
import { Card } from '../ui/Card.tsx'
import { cn } from '../ui/cn.ts'
import { Field, inputLook } from '../ui/Field.tsx'
import { type Need, secretKey, variableKey } from './needs.ts'

export type NeedsCardProps = {
  draft: {
    needs: readonly Need[]
    giveFile(path: string, bytes: Uint8Array): void
    /** `undefined` takes the value back. */
    giveValue(key: string, bytes: Uint8Array | undefined): void
  }
}

/** What the Compose file names and does not hold: files, secrets, variables. */
export function NeedsCard({ draft }: NeedsCardProps) {
  if (draft.needs.length === 0) return null
  return (
    <Card
      title="What travels with it"
      hint="Files stay in this browser until the match, then go to the winner alone"
      flush
    >
      <ul className="divide-y divide-line">
        {draft.needs.map((need) => (
          <li key={keyOf(need)} className="px-4 py-3 sm:px-5">
            {need.kind === 'file' ? (
              <FileNeed need={need} onFile={(bytes) => draft.giveFile(need.path, bytes)} />
            ) : (
              <ValueNeed need={need} onValue={(bytes) => draft.giveValue(valueKey(need), bytes)} />
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

type ValueOf = Exclude<Need, { kind: 'file' }>

function keyOf(need: Need): string {
  return need.kind === 'file' ? `file ${need.role} ${need.path}` : `${need.kind} ${need.name}`
}

function valueKey(need: ValueOf): string {
  return need.kind === 'secret' ? secretKey(need.name) : variableKey(need.name)
}

const roleWords = { image: 'Image', envFile: 'Variables', config: 'Config' } as const

function FileNeed({ need, onFile }: { need: Extract<Need, { kind: 'file' }>; onFile: (bytes: Uint8Array) => void }) {
  const id = useId()
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <div className="min-w-0">
        <p className="font-mono text-[13px]">{need.path}</p>
        <p className="text-[13px] text-muted">
          {roleWords[need.role]}
          {need.given !== undefined && `, ${formatSize(need.given)}`}
          {need.given === undefined && !need.required && ', may be left out'}
        </p>
      </div>
      <div className="flex items-center gap-2">
        <Given given={need.given} needed={need.required} />
        <label
          htmlFor={id}
          className={cn(
            buttonLook({ size: 'small' }),
            'cursor-pointer focus-within:outline-2 focus-within:outline-accent',
          )}
        >
          <Paperclip aria-hidden /> {need.given === undefined ? 'Choose the file' : 'Replace'}
          <input
            id={id}
            type="file"
            className="sr-only"
            aria-label={`File for ${need.path}`}
            onChange={(event) => {
              const file = event.target.files?.[0]
              if (file) void file.arrayBuffer().then((content) => onFile(new Uint8Array(content)))
            }}
          />
        </label>
      </div>
    </div>
  )
}

function ValueNeed({ need, onValue }: { need: ValueOf; onValue: (bytes: Uint8Array | undefined) => void }) {
  const secret = need.kind === 'secret'
  const hint = secret
    ? 'Sealed to the winning provider. This page keeps it in memory only, never on disk.'
    : 'A variable that a config is made of.'
  const label = (
    <span className="flex items-center gap-1.5">
      {secret && <Lock className="size-3.5 text-muted" aria-hidden />}
      {secret ? 'Secret' : 'Variable'} <span className="font-mono">{need.name}</span>
    </span>
  )
  return (
    <Field label={label} hint={hint}>
      {(input) => (
        <input
          {...input}
          className={inputLook}
          type={secret ? 'password' : 'text'}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => onValue(target.value === '' ? undefined : new TextEncoder().encode(target.value))}
        />
      )}
    </Field>
  )
}

function Given({ given, needed }: { given: number | undefined; needed: boolean }) {
  if (given === undefined) return needed ? <Badge tone="warn">missing</Badge> : null
  return (
    <Badge tone="good">
      <Check aria-hidden /> here
    </Badge>
  )
}
