/**
 * What it costs and yields to rent from oneself, for score or for rewards, over hundreds of eras, computed with the functions that
 * monitors use: `npm run bench:selfDealing [-- --json]`. Arithmetic and what remains: docs/reputation.md
 */
import { parseArgs } from 'node:util'
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

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const rows = strategies(FARM_ERAS).map(tried)
const bombs = [0, 1, 4, 32].map(bombed)
if (values.json) console.log(JSON.stringify({ eras: ERAS, mostOfFeesBps: market.mostOfFeesBps, rows, bombs }))
else print()

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

function print(): void {
  const { mostOfFeesBps } = market
  console.log(`${ERAS} eras; rewards of an era at most ${mostOfFeesBps / 100} % of its fees. Stake tokens.\n`)
  console.log(
    'renting from oneself                           cost      yield        net   level (without)   others’ fees   credits',
  )
  for (const row of rows) {
    const level = `${row.level} (${row.levelWithout})`
    const numbers = [row.cost, row.yield, row.net].map((value) => value.toFixed(2).padStart(11)).join('')
    const others = row.otherFees.toFixed(2).padStart(15) + row.credits.toFixed(2).padStart(10)
    console.log(`${row.strategy.padEnd(41)}${numbers}${level.padStart(18)}${others}`)
  }
  console.log('\nrating a rival worst: units rented for it, of all its units   its score')
  for (const { bombUnits, ofUnits, score } of bombs) {
    console.log(`${String(bombUnits).padStart(41)}${`of ${ofUnits}`.padStart(10)}${String(score).padStart(21)}`)
  }
}

/** For people; the sums before are exact. */
function tokens(amount: bigint): number {
  return Number(amount) / 1e18
}
