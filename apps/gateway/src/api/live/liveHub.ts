import type { Logger } from '@tender/kit'
import { TenderError } from '@tender/protocol'
import type { GatewayNetwork } from '../../network/gatewayNetwork.ts'
import type { Change } from '../../store/changeFeed.ts'
import type { Store } from '../../store/openStore.ts'
import type { ApiLimits } from '../apiOptions.ts'
import { eventText, type Told, tellChanges } from './tellChanges.ts'

/** Something is sent at least so often, so that both ends know that the other is there. */
const HEARTBEAT_MS = 15_000
/** Changes read together. */
const BATCH = 200
/** More than this many waiting: nobody shows them one by one, and everyone reads anew. */
const MAX_WAITING = 5_000
/** Most missed changes that are told to who comes back. */
export const MAX_MISSED = 1_000

/** Whom somebody listens to. */
export type Listener = {
  address: string
  /** Whether it wants this. */
  wants(told: Told): boolean
  /** Takes an update, or a text that is none: the heartbeat. Must not throw. */
  send(told: Told | string): void
}

/** Tells all listeners what changes; each change is read once, however many listen. */
export type LiveHub = {
  /** @returns stops it @throws {TenderError} `tooManyListeners` */
  listen(listener: Listener): () => void
  /** What was missed after `seq`, as text; a `reset` where that is not known any more. */
  missed(seq: number, wants: Listener['wants']): Promise<{ text: string; last: number }>
  count(): number
  stop(): void
}

export type LiveHubOptions = {
  store: Store
  network: GatewayNetwork | undefined
  now(): number
  limits: Pick<ApiLimits, 'listeners' | 'listenersOfAddress'>
  log: Logger
}

export function createLiveHub({ store, network, now, limits, log }: LiveHubOptions): LiveHub {
  const listeners = new Set<Listener>()
  const waiting: Change[] = []
  let working = false

  async function work(): Promise<void> {
    working = true
    try {
      while (waiting.length > 0) {
        const batch = waiting.length > MAX_WAITING ? [] : waiting.slice(0, BATCH)
        const last = batch.at(-1) ?? waiting.at(-1)
        waiting.splice(0, batch.length === 0 ? waiting.length : batch.length)
        if (batch.length === 0 && last) broadcast([tooOld(last.seq)])
        else if (listeners.size > 0) broadcast(await tellChanges(batch, { store, network, now }))
      }
    } catch (error) {
      log.warn({ error }, 'live updates were not told')
      const last = waiting.splice(0).at(-1)
      if (last) broadcast([tooOld(last.seq)])
    } finally {
      working = false
    }
  }

  function broadcast(all: readonly Told[]): void {
    for (const told of all) for (const listener of listeners) if (listener.wants(told)) listener.send(told)
  }

  const stopChanges = store.onChange((change) => {
    if (listeners.size === 0) return
    waiting.push(change)
    if (!working) void work()
  })
  const heartbeat = setInterval(() => {
    for (const listener of listeners) listener.send(':\n\n')
  }, HEARTBEAT_MS)
  heartbeat.unref()

  return {
    listen(listener) {
      const ofAddress = [...listeners].filter(({ address }) => address === listener.address).length
      if (listeners.size >= limits.listeners || ofAddress >= limits.listenersOfAddress) throw tooManyListeners()
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async missed(seq, wants) {
      const [seen, ...changes] = await store.changesSince(seq - 1, MAX_MISSED + 2)
      const last = changes.at(-1)?.seq ?? seen?.seq ?? 0
      // Not there: too long ago, or of a database that was filled anew and counts from the beginning.
      if (seen?.seq !== seq || changes.length > MAX_MISSED) return { text: tooOld(last).text, last }
      const told = changes.length > 0 ? await tellChanges(changes, { store, network, now }) : []
      return {
        text: told
          .filter(wants)
          .map(({ text }) => text)
          .join(''),
        last,
      }
    },
    count: () => listeners.size,
    stop() {
      stopChanges()
      clearInterval(heartbeat)
      listeners.clear()
    },
  }
}

function tooOld(seq: number): Told {
  const text = eventText({ topic: 'reset', id: String(seq), data: { reason: 'tooOld' } })
  return { seq, topic: 'reset', tenant: null, provider: null, text }
}

function tooManyListeners(): TenderError {
  return new TenderError('too many listen already', {
    code: 'tooManyListeners',
    class: 'limit',
    hint: 'Close a stream, or ask for pages instead.',
    data: { headers: { 'retry-after': '30' } },
  })
}
