import { TenderError } from '@tender/protocol'
import { eq } from 'drizzle-orm'
import { cursor } from '../store/schema.ts'
import type { ApiOptions } from './apiOptions.ts'

const MAX_LAG_BLOCKS = 20

/** Whether the gateway can be asked now: its database answers, and it is not far behind the chain. */
export async function readiness({ store, head, maxLagBlocks = MAX_LAG_BLOCKS }: ApiOptions) {
  await store.check()
  const [place] = await store.read((db) => db.select({ block: cursor.block }).from(cursor).where(eq(cursor.id, 1)))
  const latest = head()
  if (!place || !latest) throw notReady('nothing of the chain has been read yet', {})
  const lagBlocks = Math.max(0, latest.block - place.block)
  if (lagBlocks > maxLagBlocks) {
    throw notReady(`the gateway is ${lagBlocks} blocks behind the chain`, { lagBlocks, maxLagBlocks })
  }
  return { ready: true, indexedBlock: place.block, headBlock: latest.block, lagBlocks }
}

function notReady(message: string, data: Record<string, unknown>): TenderError {
  return new TenderError(message, { code: 'notReady', class: 'network', hint: 'It is catching up.', data })
}
