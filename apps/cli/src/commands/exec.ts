import { once } from 'node:events'
import { openExec, type RemoteExec } from '@tender/network'
import { TenderError } from '@tender/protocol'
import { checkRuns, chooseService } from '@tender/tenant'
import {
  type Context,
  defineCommand,
  required,
  rest,
  setting,
  type Terminal,
  text,
  toggle,
  wholeNumber,
} from '../command.ts'
import { withLease } from '../tenant/withLease.ts'

export const execCommand = defineCommand({
  description:
    "Runs a command in a container of a lease, beside what runs there, and ends with the command's own exit code. With -t it gets a terminal, and Ctrl-C goes to it. With --json each piece that it writes is an object of its own.",
  examples: [
    'tender exec -it 4fa1 -- sh',
    'tender exec 4fa1 --service db -- pg_dump shop > shop.sql',
    'tender exec -i 4fa1 --service db -- psql shop < change.sql',
  ],
  arguments: {
    lease: required('the beginning of a lease id'),
    command: rest('the command and its arguments, after --'),
  },
  options: {
    interactive: toggle('pass standard input on', { short: 'i' }),
    tty: toggle('give it a terminal', { short: 't' }),
    service: setting('name', 'in which service; needed if there are several', text, { short: 's' }),
    replica: setting('number', "in which of the service's containers, the first is 0", wholeNumber),
  },
  async run(context, { lease, command, interactive, tty, service, replica = 0 }) {
    const terminal = tty ? terminalOf(context) : undefined
    return withLease(context, lease, async (reach) => {
      checkRuns(reach)
      const request = {
        lease: reach.record.leaseId,
        service: chooseService(reach.manifest, service),
        replica,
        command,
        terminal: terminal?.size(),
      }
      const { signal } = context
      const remote = await reach.ask((provider, node) => openExec(node, provider, request, signal))
      const exitCode = await carry(context, remote, { interactive, terminal })
      return { exitCode }
    })
  },
  exitCode: ({ exitCode }) => exitCode,
})

function terminalOf({ stdio, json }: Context): Terminal {
  if (stdio.terminal && !json) return stdio.terminal
  throw new TenderError('there is no terminal to give it', {
    code: 'noTerminal',
    class: 'user',
    hint: 'Leave -t out where input or output is piped, and with --json.',
  })
}

/** Connects the command to this process until it ends. @returns its exit code */
async function carry(
  context: Context,
  remote: RemoteExec,
  { interactive, terminal }: { interactive: boolean; terminal: Terminal | undefined },
): Promise<number> {
  const { stdin, stdout, stderr } = context.stdio
  const resize = () => void (terminal && remote.resize(terminal.size()).catch(() => {})) // it may just have ended
  const stopResizing = terminal?.onResize(resize)
  // A command that was cut off rejects below, also while nobody waits for it yet.
  remote.exit.catch(() => {})
  try {
    if (interactive) {
      terminal?.setRaw(true)
      stdin.pipe(remote.stdin)
      remote.stdin.on('error', () => stdin.unpipe(remote.stdin)) // it ended, or reads no more
    } else remote.stdin.end()
    const told = context.json
      ? [tell(context, 'stdout', remote.stdout), tell(context, 'stderr', remote.stderr)]
      : [pass(remote.stdout, stdout), pass(remote.stderr, stderr)]
    const [exitCode] = await Promise.all([remote.exit, ...told])
    return exitCode
  } finally {
    if (interactive) {
      stdin.unpipe(remote.stdin)
      stdin.pause()
      terminal?.setRaw(false)
    }
    stopResizing?.()
    remote.kill()
  }
}

async function pass(from: RemoteExec['stdout'], to: NodeJS.WritableStream): Promise<void> {
  for await (const chunk of from) {
    if (!to.write(chunk)) await once(to, 'drain')
  }
}

async function tell({ emit }: Context, stream: 'stdout' | 'stderr', from: RemoteExec['stdout']): Promise<void> {
  from.setEncoding('utf8')
  for await (const text of from) emit({ stream, text })
}
