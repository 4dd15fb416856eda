/**
 * What it costs and yields to rent from oneself, for score or for rewards, over hundreds of eras, computed with the functions that
 * monitors use: `npm run bench:selfDealing [-- --json]`. Arithmetic and what remains: docs/reputation.md
 */
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'
import { honestly, simulate } from './selfDealing/market.ts'
import { bombedRival, market, type Strategy, strategies } from './selfDealing/strategies.ts'

const ERAS = 400
const FARM_ERAS = 100

type Row = {
  strategy: string
  /** What its own leases cost: fees, less what its monitors get of them, and interest on what nobody settles; stake tokens. */
  cost: number
  /** What it is paid more than without its own leases; stake tokens. */
  yield: number
  net: number
  level: number
  levelWithout: number
  /** What other people's leases with it paid in fees, and what it owes them in credits; stake tokens. */
  otherFees: number
  credits: number
}

await runBench('selfDealing', async () => resultOf(strategies(FARM_ERAS).map(tried), [0, 1, 4, 32].map(bombed)), {
  about: 'What it costs and yields to rent from oneself, computed with the functions that monitors use.',
})

function tried({ name, plan, monitorShareBps }: Strategy): Row {
  const outcome = simulate(market, plan, ERAS)
  const without = simulate(market, honestly(plan), ERAS)
  const cost = (outcome.ownFees * BigInt(10_000 - monitorShareBps)) / 10_000n + outcome.interest
  const gained = outcome.rewards - without.rewards
  return {
    strategy: name,
    cost: tokens(cost),
    yield: tokens(gained),
    net: tokens(gained - cost),
    level: Math.min(...outcome.levels),
    levelWithout: Math.min(...without.levels),
    otherFees: tokens(outcome.otherFees),
    credits: tokens(outcome.credits),
  }
}

function bombed(bombUnits: number) {
  const { scores, otherFees } = simulate(market, bombedRival({ bombUnits }), ERAS)
  return { bombUnits, ofUnits: 32 + bombUnits, score: scores[0] ?? 0, fees: tokens(otherFees) }
}

type Bombed = ReturnType<typeof bombed>

function resultOf(rows: readonly Row[], bombs: readonly Bombed[]): BenchResult {
  const amount = (key: string, label: string) => ({ key, label, digits: 2 })
  return {
    bench: 'selfDealing',
    title: 'Renting from oneself',
    question:
      'What renting from oneself costs and yields, for score or for rewards, against dealing honestly; computed with the functions that monitors use. No line may earn.',
    tables: [
      {
        title: 'Strategies, in stake tokens',
        columns: [
          { key: 'strategy', label: 'strategy' },
          amount('cost', 'cost'),
          amount('yield', 'yield'),
          amount('net', 'net'),
          { key: 'level', label: 'level' },
          { key: 'levelWithout', label: 'without' },
          amount('otherFees', 'others’ fees'),
          amount('credits', 'credits'),
        ],
        rows: [...rows],
        note: `${ERAS} eras; rewards of an era are at most ${market.mostOfFeesBps / 100} % of its fees.`,
      },
      {
        title: 'Rating a rival worst',
        columns: [
          { key: 'bombUnits', label: 'units rented for it' },
          { key: 'ofUnits', label: 'of' },
          { key: 'score', label: 'the rival’s score' },
          amount('fees', 'fees paid'),
        ],
        rows: [...bombs],
      },
    ],
    charts: [
      { title: 'What renting from oneself earns, in stake tokens', table: 0, kind: 'bar', x: 'strategy', y: 'net' },
    ],
  }
}

/** For people; the sums before are exact. */
function tokens(amount: bigint): number {
  return Number(amount) / 1e18
}
