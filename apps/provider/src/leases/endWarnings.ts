import type { Logger } from '@tender/kit'
import type { Hex } from 'viem'
import type { LeaseRecord } from './leaseRecord.ts'

/** When a lease's end is worth a word: a day and an hour before it. */
const WARN_SECONDS = [86_400, 3_600]

/** Says once for each lease, a day and an hour before its end, that it will be over. */
export function createEndWarnings(log: Logger) {
  const said = new Map<Hex, number>()
  return {
    look({ leaseId, chain }: LeaseRecord, nowSeconds: number): void {
      const { start, stop, resolved } = chain
      const due = WARN_SECONDS.filter((seconds) => stop - start > seconds && stop - nowSeconds <= seconds).at(-1)
      if (resolved || stop <= nowSeconds || due === undefined) return void said.delete(leaseId)
      if (said.get(leaseId) === due) return
      said.set(leaseId, due)
      log.warn({ leaseId, stop, leftSeconds: stop - nowSeconds }, 'a lease nears its end')
    },
  }
}
