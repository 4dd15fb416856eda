/**
 * What the market's transactions cost: real transactions on a chain of our own, gas read from their receipts, in steady
 * state (balances, counters and words of nonces are not zero). `npm run bench:gas [-- --json]`
 */
import { startChain } from '@tender/localchain'
import { createBench } from './gas/chain.ts'
import { measure } from './gas/scenarios.ts'
import { gasResult } from './gas/tables.ts'
import { runBench } from './report/runBench.ts'

await runBench(
  'gas',
  async (_, signal) => {
    const chain = await startChain({ traceSteps: true, signal })
    try {
      return gasResult(await measure(createBench(chain, signal), chain))
    } finally {
      await chain.stop()
    }
  },
  { about: 'Gas of real transactions, from their receipts, against the least that would do, and against peers.' },
)
