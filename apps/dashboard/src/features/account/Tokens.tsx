import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { CreatedToken, Scope, Token } from '@tender/api'
import { KeyRound, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api } from '../../shared/api/client.ts'
import { describeError } from '../../shared/api/describeError.ts'
import { keys } from '../../shared/api/keys.ts'
import { Badge } from '../../shared/ui/Badge.tsx'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { CopyButton } from '../../shared/ui/Copyable.tsx'
import { Dialog } from '../../shared/ui/Dialog.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Field, inputLook } from '../../shared/ui/Field.tsx'
import { Select } from '../../shared/ui/Select.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { toast } from '../../shared/ui/Toaster.tsx'
import { scopeWords } from './words.ts'

/** Scoped tokens with which programs use this gateway for the account. */
export function Tokens({ signOut }: { signOut: ReactNode }) {
  const [making, setMaking] = useState(false)
  const tokens = useQuery({ queryKey: keys.tokens(), queryFn: ({ signal }) => api.listTokens({}, { signal }) })
  return (
    <Card
      title="API tokens"
      hint="For programs that use this gateway as you. None of them moves money"
      flush
      actions={
        <>
          {signOut}
          <Button size="small" look="primary" onClick={() => setMaking(true)}>
            New token
          </Button>
        </>
      }
    >
      {tokens.isLoadingError ? (
        <ErrorState title="The tokens could not be read" error={tokens.error} retry={() => void tokens.refetch()} />
      ) : !tokens.data ? (
        <SkeletonRows rows={2} />
      ) : tokens.data.items.length === 0 ? (
        <EmptyState icon={KeyRound} title="No tokens yet" />
      ) : (
        <ul className="divide-y divide-line">
          {tokens.data.items.map((token) => (
            <TokenRow key={token.id} token={token} />
          ))}
        </ul>
      )}
      {making && <NewToken onClose={() => setMaking(false)} />}
    </Card>
  )
}

function TokenRow({ token }: { token: Token }) {
  const queries = useQueryClient()
  const revoking = useMutation({
    mutationFn: () => api.revokeToken({ id: token.id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.tokens() }),
    onError: (error) => toast.error(describeError(error).message),
  })
  return (
    <li className="flex items-center justify-between gap-3 px-4 py-2.5 sm:px-5">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-1.5 font-medium">
          {token.name}
          {token.scopes.map((scope) => (
            <Badge key={scope}>{scope}</Badge>
          ))}
        </p>
        <p className="text-[13px] text-muted">
          ends <RelativeTime at={token.expiresAt} />,{' '}
          {token.lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <RelativeTime at={token.lastUsedAt} />
            </>
          )}
        </p>
      </div>
      <Button
        look="quiet"
        size="icon"
        aria-label={`Revoke ${token.name}`}
        busy={revoking.isPending}
        onClick={() => revoking.mutate()}
      >
        <Trash2 aria-hidden />
      </Button>
    </li>
  )
}

const lifetimes = [
  { value: '604800', label: '7 days' },
  { value: '2592000', label: '30 days' },
  { value: '31536000', label: '365 days' },
] as const

// CAST: keys of the table
const scopes = Object.keys(scopeWords) as Scope[]

function NewToken({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<readonly Scope[]>(['read:me'])
  const [lifetime, setLifetime] = useState<(typeof lifetimes)[number]['value']>('2592000')
  const [made, setMade] = useState<CreatedToken>()
  const queries = useQueryClient()
  const making = useMutation({
    mutationFn: () => api.createToken({ name, scopes: [...chosen], expiresInSeconds: Number(lifetime) }),
    onSuccess: (token) => {
      setMade(token)
      void queries.invalidateQueries({ queryKey: keys.tokens() })
    },
  })
  if (made) return <MadeToken token={made} onClose={onClose} />
  const toggle = (scope: Scope) =>
    setChosen(chosen.includes(scope) ? chosen.filter((one) => one !== scope) : [...chosen, scope])
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="New token"
      description="A program sends it as `Authorization: Bearer …`. Give it no more than it needs."
      footer={
        <Button
          look="primary"
          busy={making.isPending}
          disabled={name.trim() === '' || chosen.length === 0}
          onClick={() => making.mutate()}
        >
          Make it
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="What it is for" error={making.isError ? describeError(making.error).message : undefined}>
          {(input) => (
            <input
              {...input}
              className={inputLook}
              value={name}
              maxLength={64}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-[13px] font-medium">What it may do</legend>
          {scopes.map((scope) => (
            <label key={scope} className="flex items-center gap-2 text-sm">
              <input
                type="checkbox"
                className="size-4 accent-accent"
                checked={chosen.includes(scope)}
                onChange={() => toggle(scope)}
              />
              {scopeWords[scope]} <code className="text-xs text-muted">{scope}</code>
            </label>
          ))}
        </fieldset>
        <Field label="How long it lives">
          {(input) => <Select {...input} value={lifetime} options={lifetimes} onValueChange={setLifetime} />}
        </Field>
      </div>
    </Dialog>
  )
}

function MadeToken({ token, onClose }: { token: CreatedToken; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Token ${token.name}`}
      description="It is shown this once: the gateway keeps its hash only."
      footer={
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <p className="flex items-center gap-2 rounded-lg bg-inset p-3 font-mono text-[13px] break-all">
        {token.token} <CopyButton value={token.token} />
      </p>
    </Dialog>
  )
}
