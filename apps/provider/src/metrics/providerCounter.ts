import type { Address } from 'viem'
import type { Answer } from '../market/answers.ts'

/** What is counted while it happens, from the start of the process on. */
export type ProviderCounter = {
  /** Told of each new decision about an order. */
  answered(answer: Answer): void
  /** Told what a settlement brought, smallest units before fees; below 0 if the chain took it back. */
  earned(asset: Address, amount: bigint): void
  /** Told of each new block. */
  sawBlock(): void
  decisions: ReadonlyMap<Answer['decision'], number>
  refusals: ReadonlyMap<string, number>
  settled: ReadonlyMap<Address, bigint>
  /** Since the newest block, or the start. */
  silenceSeconds(): number
}

export function createProviderCounter(nowMs = () => performance.now()): ProviderCounter {
  const decisions = new Map<Answer['decision'], number>()
  const refusals = new Map<string, number>()
  const settled = new Map<Address, bigint>()
  let blockMs = nowMs()
  const count = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1)
  return {
    answered({ decision, reasons }) {
      count(decisions, decision)
      for (const { rule } of decision === 'declined' ? reasons : []) count(refusals, rule)
    },
    earned(asset, amount) {
      // What a reorganisation takes back stays counted: a counter never falls, and the next settlement is told in full.
      if (amount > 0n) settled.set(asset, (settled.get(asset) ?? 0n) + amount)
    },
    sawBlock() {
      blockMs = nowMs()
    },
    decisions,
    refusals,
    settled,
    silenceSeconds: () => (nowMs() - blockMs) / 1000,
  }
}
