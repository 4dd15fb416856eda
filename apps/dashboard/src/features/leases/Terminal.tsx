import { type ExecChannel, openExecChannel } from '@tender/network/browser'
import { FitAddon } from '@xterm/addon-fit'
import { Terminal as Xterm } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { useEffect, useRef } from 'react'
import { describeError } from '../../shared/api/describeError.ts'
import type { PageReach } from './useReach.ts'

export type TerminalProps = {
  reach: PageReach
  service: string
  /** A program and its arguments, parted by spaces. */
  command: string
  /** Told how it ended, in words. */
  onEnd: (words: string) => void
}

/** A terminal that lives in a container: what is typed goes there, what it writes comes here. */
export function Terminal({ reach, service, command, onEnd }: TerminalProps) {
  const place = useRef<HTMLDivElement>(null)
  const ended = useRef(onEnd)
  ended.current = onEnd

  useEffect(() => {
    const element = place.current
    if (!element) return
    const stop = new AbortController()
    const shown = show(element)
    void run(reach, { service, command }, shown.terminal, stop.signal).then((words) => {
      if (!stop.signal.aborted) ended.current(words)
    })
    return () => {
      stop.abort(new DOMException('the terminal was closed', 'AbortError'))
      shown.dispose()
    }
  }, [reach, service, command])

  return <div ref={place} className="h-96 overflow-hidden rounded-lg bg-[#111318] p-2" />
}

function show(element: HTMLElement) {
  const terminal = new Xterm({
    cursorBlink: true,
    fontFamily: 'ui-monospace, "SFMono-Regular", Menlo, monospace',
    fontSize: 13,
    screenReaderMode: true,
    theme: { background: '#111318', foreground: '#e8e8ee', cursor: '#a3a5fb', selectionBackground: '#3d3f78' },
  })
  const fit = new FitAddon()
  terminal.loadAddon(fit)
  terminal.open(element)
  fit.fit()
  terminal.attachCustomKeyEventHandler((event) => handleKey(terminal, element, event))
  const observer = new ResizeObserver(() => fit.fit())
  observer.observe(element)
  terminal.focus()
  return {
    terminal,
    dispose() {
      observer.disconnect()
      terminal.dispose()
    },
  }
}

/** Copy and paste as terminals do, and a way out by keyboard: Tab belongs to the shell. */
function handleKey(terminal: Xterm, element: HTMLElement, event: KeyboardEvent): boolean {
  if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey) return true
  if (event.key === 'Escape') {
    terminal.blur()
    element.closest('section')?.querySelector('button')?.focus()
    return false
  }
  if (event.key.toLowerCase() === 'c' && terminal.hasSelection()) {
    event.preventDefault()
    void navigator.clipboard.writeText(terminal.getSelection())
    return false
  }
  return true
}

/** @returns how it ended, in words */
async function run(
  reach: PageReach,
  { service, command }: { service: string; command: string },
  terminal: Xterm,
  signal: AbortSignal,
): Promise<string> {
  const connect = holdKeys(terminal)
  try {
    const request = {
      lease: reach.record.leaseId,
      session: reach.session,
      service,
      replica: 0,
      command: command.split(/\s+/),
      terminal: { columns: terminal.cols, rows: terminal.rows },
    }
    const write = (bytes: Uint8Array) => new Promise<void>((resolve) => terminal.write(bytes, resolve))
    const output = { stdout: write, stderr: write }
    const channel = await reach.ask(
      (provider, node) => openExecChannel(node, provider, request, output, signal),
      signal,
    )
    connect(channel)
    const code = await channel.exit
    return code === 0 ? 'It ended.' : `It ended with code ${code}.`
  } catch (error) {
    return describeError(error).message
  }
}

/** Keys that wait for the channel; nobody types more in that time. */
const MOST_HELD_CHARACTERS = 4096

/** Takes what is typed from now on, and holds it until it can go somewhere. @returns says where */
function holdKeys(terminal: Xterm): (channel: ExecChannel) => void {
  const encoder = new TextEncoder()
  // What is typed while the channel goes down is nobody's; how it ended is told by `exit`.
  const ignore = () => undefined
  let held = ''
  let send = (typed: string) => {
    held = (held + typed).slice(0, MOST_HELD_CHARACTERS)
  }
  let resize = ignore
  terminal.onData((typed) => send(typed))
  terminal.onResize(() => resize())
  return (channel) => {
    send = (typed) => void channel.write(encoder.encode(typed)).catch(ignore)
    resize = () => void channel.resize({ columns: terminal.cols, rows: terminal.rows }).catch(ignore)
    if (held !== '') send(held)
  }
}
