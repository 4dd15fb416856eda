/**
 * What the market's transactions cost: real transactions on a chain of our own, gas read from their receipts, in steady
 * state (balances, counters and words of nonces are not zero). `npm run bench:gas [-- --json]`
 */
import { parseArgs } from 'node:util'
import { startChain } from '@tender/localchain'
import { createBench } from './gas/chain.ts'
import { printItems, printRows } from './gas/print.ts'
import { measure } from './gas/scenarios.ts'

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const chain = await startChain({ traceSteps: true })
try {
  const { rows, items } = await measure(createBench(chain), chain)
  if (values.json) console.log(JSON.stringify(rows))
  else {
    printRows(rows)
    printItems(items)
  }
} finally {
  await chain.stop()
}
