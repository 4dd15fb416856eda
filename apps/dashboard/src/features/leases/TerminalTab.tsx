import { SquareTerminal } from 'lucide-react'
import { Suspense, useState } from 'react'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { Field, inputLook } from '../../shared/ui/Field.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Select } from '../../shared/ui/Select.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import type { PageReach } from './useReach.ts'

const Terminal = lazyPart(() => import('./Terminal.tsx').then((part) => part.Terminal))

/** A terminal in one of the lease's containers. */
export function TerminalTab({ reach }: { reach: PageReach }) {
  const services = reach.manifest?.services.map(({ name }) => name)
  const [service, setService] = useState(services?.[0] ?? '')
  const [command, setCommand] = useState('sh')
  const [session, setSession] = useState(0)
  const [ended, setEnded] = useState<string>()
  const open = session > 0 && ended === undefined

  function begin(): void {
    setEnded(undefined)
    setSession(session + 1)
  }

  return (
    <Card
      title="Terminal"
      hint="Runs a command beside a service. It is encrypted between this page and the provider. Ctrl-Shift-Escape leaves it by keyboard"
    >
      <div className="flex flex-wrap items-end gap-3">
        {!services && (
          <Field label="Service" hint="As its Compose file names it">
            {(input) => (
              <input
                {...input}
                className={inputLook}
                value={service}
                disabled={open}
                spellCheck={false}
                onChange={(event) => setService(event.target.value)}
              />
            )}
          </Field>
        )}
        {services && services.length > 1 && (
          <Field label="Service">
            {(input) => (
              <Select
                {...input}
                value={service}
                disabled={open}
                options={services.map((name) => ({ value: name, label: name }))}
                onValueChange={setService}
              />
            )}
          </Field>
        )}
        <Field label="Command">
          {(input) => (
            <input
              {...input}
              className={inputLook}
              value={command}
              disabled={open}
              spellCheck={false}
              onChange={(event) => setCommand(event.target.value)}
            />
          )}
        </Field>
        {open ? (
          <Button onClick={() => setEnded('closed')}>End it</Button>
        ) : (
          <Button look="primary" disabled={command.trim() === '' || service === ''} onClick={begin}>
            {session === 0 ? 'Open' : 'Open anew'}
          </Button>
        )}
      </div>
      {ended !== undefined && (
        <p role="status" className="mt-3 text-[13px] text-muted">
          {ended}
        </p>
      )}
      <div className="mt-4">
        {session === 0 ? (
          <EmptyState icon={SquareTerminal} title="No terminal is open">
            Choose what to run; <code>sh</code> is in most images.
          </EmptyState>
        ) : (
          open && (
            <Suspense fallback={<Skeleton className="h-80 w-full" />}>
              <Terminal key={session} reach={reach} service={service} command={command.trim()} onEnd={setEnded} />
            </Suspense>
          )
        )}
      </div>
    </Card>
  )
}
