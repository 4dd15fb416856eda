import { type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query'
import type { LiveEvent } from '@tender/api'
import { useEffect, useSyncExternalStore } from 'react'
import { applyLiveEvent, catchUp } from './applyLiveEvent.ts'
import { api } from './client.ts'

/** Whether the page hears of changes. */
export type LiveState = 'connecting' | 'open'

/** Stale data are read again at most this often, however many events there are. */
const INVALIDATE_MS = 1_000

let state: LiveState = 'connecting'
const stateListeners = new Set<() => void>()
const eventListeners = new Set<(event: LiveEvent) => void>()

/** Keeps everything that is shown up to date, over one connection for the whole page. Once, in the layout. */
export function useLiveUpdates(): void {
  const client = useQueryClient()
  useEffect(() => {
    const controller = new AbortController()
    void follow(client, controller.signal)
    return () => controller.abort()
  }, [client])
}

/** Whether the page hears of changes now. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => listen(stateListeners, listener),
    () => state,
  )
}

/**
 * Tells of every live event, for what is no list: an auction that is watched.
 *
 * @returns stops it
 */
export function onLiveEvent(listener: (event: LiveEvent) => void): () => void {
  return listen(eventListeners, listener)
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

async function follow(client: QueryClient, signal: AbortSignal): Promise<void> {
  const invalidate = createInvalidator(client, signal)
  let heard = false
  const onState = (next: 'open' | 'lost') => {
    setState(next === 'open' ? 'open' : 'connecting')
    if (next === 'open') void catchUp(client, heard)
  }
  try {
    for await (const event of api.events({ signal, onState })) {
      heard = true
      for (const key of applyLiveEvent(client, event)) invalidate(key)
      for (const tell of eventListeners) tell(event)
    }
  } catch (error) {
    // The gateway refuses the stream: the page goes on without, and says that it is not live.
    if (!signal.aborted) console.error(error)
  }
  setState('connecting')
}

function setState(next: LiveState): void {
  if (state === next) return
  state = next
  for (const tell of stateListeners) tell()
}

function createInvalidator(client: QueryClient, signal: AbortSignal): (key: QueryKey) => void {
  const waiting = new Map<string, QueryKey>()
  let timer: ReturnType<typeof setTimeout> | undefined
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  const flush = () => {
    timer = undefined
    for (const queryKey of waiting.values()) void client.invalidateQueries({ queryKey })
    waiting.clear()
  }
  return (key) => {
    waiting.set(JSON.stringify(key), key)
    timer ??= setTimeout(flush, INVALIDATE_MS)
  }
}
