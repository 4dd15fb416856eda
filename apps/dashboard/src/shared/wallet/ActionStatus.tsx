import { CircleCheck, LoaderCircle, PenLine, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { describeError } from '../api/describeError.ts'
import { cn } from '../ui/cn.ts'
import { TxLink } from '../ui/TxLink.tsx'
import type { ActionState } from './actionState.ts'
import { signatureWords } from './signatureWords.ts'
import { isRejected } from './walletErrors.ts'

export type ActionStatusProps = {
  state: ActionState
  /** What it says once it is done. */
  done?: ReactNode
  className?: string
}

/** How far an action is, in words: what the wallet asks, what was sent, what became of it, why not. */
export function ActionStatus({ state, done, className }: ActionStatusProps) {
  return (
    <div role="status" className={cn('min-w-0 text-[13px]', className)}>
      {words(state, done)}
    </div>
  )
}

function words(state: ActionState, done: ReactNode): ReactNode {
  switch (state.step) {
    case 'idle':
      return null
    case 'preparing':
      return <Line busy>Asking the chain whether this can be done</Line>
    case 'switching':
      return <Line asks>Your wallet asks to go to this market's chain. Confirm it there.</Line>
    case 'signing':
      return <Signing {...state} />
    case 'sent':
      return (
        <Line busy>
          Sent, waiting for its block: <TxLink tx={state.tx} />
        </Line>
      )
    case 'done':
      return (
        <Line good>
          {done ?? 'Done'}
          {state.tx && (
            <>
              {' '}
              <TxLink tx={state.tx} />
            </>
          )}
        </Line>
      )
    case 'failed':
      return <Failure error={state.error} tx={state.tx} />
  }
}

function Signing({ what, asks }: { what: string; asks: boolean }) {
  if (!asks) return <Line busy>{what === 'transaction' ? 'Sending' : 'Signing'}</Line>
  if (what === 'transaction') return <Line asks>Your wallet shows the transaction. Confirm it there.</Line>
  const { title, allows } = signatureWords(what)
  return (
    <Line asks>
      <strong className="font-medium">{title} in your wallet.</strong> {allows}
    </Line>
  )
}

function Failure({ error, tx }: { error: unknown; tx: string | undefined }) {
  const { message, hint } = describeError(error)
  return (
    <div role="alert" className={cn('flex gap-2', isRejected(error) ? 'text-warn' : 'text-bad')}>
      <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0">
        <p className="whitespace-pre-line first-letter:uppercase">{message}</p>
        {hint && <p className="text-muted">{hint}</p>}
        {tx && (
          <p className="text-muted">
            Transaction <TxLink tx={tx} />
          </p>
        )}
      </div>
    </div>
  )
}

type LineProps = { busy?: boolean; asks?: boolean; good?: boolean; children: ReactNode }

function Line({ busy, asks, good, children }: LineProps) {
  const Icon = asks ? PenLine : good ? CircleCheck : LoaderCircle
  return (
    <p className={cn('flex gap-2', good ? 'text-good' : asks ? 'text-ink' : 'text-muted')}>
      <Icon className={cn('mt-0.5 size-4 shrink-0', busy && 'animate-spin', asks && 'text-accent')} aria-hidden />
      <span className="min-w-0">{children}</span>
    </p>
  )
}
