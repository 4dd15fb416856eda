import { createLog } from '@tender/kit'
import { getChainTime, type MarketClient } from '@tender/sdk'
import type { Change } from '../store/changeFeed.ts'
import type { Store } from '../store/openStore.ts'
import { createIndexer, type Indexer } from './createIndexer.ts'

const log = createLog({ name: 'test', level: 'silent' })

/** An indexer at work. */
export type Following = { indexer: Indexer; running: Promise<void>; caughtUp(): Promise<void>; stop(): Promise<void> }

/** Lets an indexer follow a chain. */
export function follow(
  client: MarketClient,
  store: Store,
  options: { finalityDepth?: number; startOver?: boolean } = {},
): Following {
  const aborting = new AbortController()
  const indexer = createIndexer({ client, store, log, ...options })
  const running = indexer.run(aborting.signal)
  running.catch(() => {}) // a test that expects a refusal awaits it itself
  const stop = async () => {
    aborting.abort()
    await running.catch(() => {}) // told to who awaits `running`
  }
  const caughtUp = async () => {
    const { block } = await getChainTime(client)
    await Promise.race([indexer.reached(block, AbortSignal.timeout(60_000)), running])
  }
  return { indexer, running, caughtUp, stop }
}

/** Resolves once the store tells of a reorganisation. */
export function nextReorg(store: Store): Promise<Change> {
  return new Promise((resolve) => {
    const stop = store.onChange((change) => {
      if (change.type !== 'reorg') return
      stop()
      resolve(change)
    })
  })
}
