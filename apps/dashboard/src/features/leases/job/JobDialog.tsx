import type { ReactNode } from 'react'
import { Button } from '../../../shared/ui/Button.tsx'
import { Dialog } from '../../../shared/ui/Dialog.tsx'
import { ActionStatus } from '../../../shared/wallet/ActionStatus.tsx'
import { isBusy } from '../../../shared/wallet/actionState.ts'
import type { Action } from '../../../shared/wallet/useAction.ts'

export type JobDialogProps<Input> = {
  title: string
  /** What it does, one or two sentences. */
  description: ReactNode
  /** What the button says that does it, and its input; absent while it cannot be done. */
  does: string
  input: Input | undefined
  danger?: boolean
  action: Action<Input, unknown>
  /** What it says once it is done. */
  done: ReactNode
  onClose: () => void
  /** What it costs and means, before it is done. */
  children: ReactNode
}

/** Frame of what a tenant does with a job: what it costs and does is said before, and what became of it after. */
export function JobDialog<Input>(props: JobDialogProps<Input>) {
  const { title, description, does, input, danger = false, action, done, onClose, children } = props
  const { state, run } = action
  const isDone = state.step === 'done'
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>{isDone ? 'Done' : 'Leave it'}</Button>
          {!isDone && (
            <Button
              look={danger ? 'danger' : 'primary'}
              busy={isBusy(state)}
              disabled={input === undefined}
              onClick={() => input !== undefined && void run(input)}
            >
              {does}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {children}
        <ActionStatus state={state} done={done} />
      </div>
    </Dialog>
  )
}
