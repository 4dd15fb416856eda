import type { Movement } from '@tender/api'
import type { Address } from 'viem'
import type { Store } from '../store/openStore.ts'
import { findMovements } from './queries/accounts.ts'

const PAGE = 1000
/** Most rows of one file; what is older is a matter of paging. */
const MAX_ROWS = 200_000

const columns = [
  'at',
  'time',
  'ledger',
  'kind',
  'asset',
  'amount',
  'lease',
  'order',
  'provider',
  'counterparty',
  'tx',
  'block',
] as const

/**
 * All movements of an account as a file, the newest first: amounts in the asset's smallest unit, `at` in Unix seconds and `time` the
 * same in ISO 8601. Read page by page while it is sent.
 */
export function movementsCsv(store: Store, address: Address, signal: AbortSignal): Response {
  const encoder = new TextEncoder()
  const lines = readLines(store, address, signal)
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await lines.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: () => void lines.return(),
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="tender-${address}.csv"`,
      'cache-control': 'no-store',
    },
  })
}

async function* readLines(store: Store, address: Address, signal: AbortSignal): AsyncGenerator<string, void, void> {
  yield `${columns.join(',')}\r\n`
  let cursor: string | undefined
  for (let rows = 0; rows < MAX_ROWS && !signal.aborted; rows += PAGE) {
    const page = await store.read((db) => findMovements(db, address, { cursor, limit: PAGE }))
    if (page.items.length > 0) yield page.items.map(lineOf).join('')
    if (page.next === null) return
    cursor = page.next
  }
}

/** None of the values holds a comma, a quote or what a spreadsheet takes for a formula: they are numbers, hex and fixed words. */
function lineOf(movement: Movement): string {
  const shown = { ...movement, time: new Date(movement.at * 1000).toISOString() }
  return `${columns.map((column) => shown[column] ?? '').join(',')}\r\n`
}
