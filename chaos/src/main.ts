/**
 * Breaks a market of real processes on purpose, and checks what came of it: docs/chaos.md.
 * `npm run chaos -- [--seed N] [--minutes M] [--json]`
 */
import { parseArgs } from 'node:util'
import { checkMarket } from './checker/checkMarket.ts'
import { describePlan, describeResult } from './describe.ts'
import { planOf } from './plan.ts'
import { allFaults } from './registry.ts'
import { runChaos } from './runChaos.ts'
import { toJson } from './toJson.ts'
import { cast } from './world/startWorld.ts'

const HELP = `Breaks a market of real processes on purpose for some minutes, and checks what came of it.

  --seed N       what goes wrong and what tenants do; a new one unless told
  --minutes M    for how long things go wrong (default 5); starting, calming down and checking come on top
  --faults LIST  only these: ${allFaults.map(({ name }) => name).join(', ')}; "none" for none
  --plan         print the plan, and do nothing
  --loopback     everybody on the loopback address, without network namespaces
  --keep         keep the run's folder, also if nothing was found
  --json         print the result as JSON
  --help         say this

Ends with 0 if all is as it has to be, with 1 if something was found, with 2 if it was used wrongly.

  npm run chaos -- --seed 7 --minutes 10
  npm run chaos -- --faults kill,pause --json`

const options = {
  seed: { type: 'string' },
  minutes: { type: 'string', default: '5' },
  faults: { type: 'string' },
  plan: { type: 'boolean', default: false },
  loopback: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

class EndedEarly extends Error {}

const MOST_SEED = 2 ** 32 - 1

/** @throws {TypeError} if what was typed is not understood */
function readOptions() {
  const { values } = parseArgs({ options })
  const seed = values.seed === undefined ? Math.floor(Math.random() * MOST_SEED) : Number(values.seed)
  if (!Number.isInteger(seed) || seed < 0 || seed > MOST_SEED) throw new TypeError(`--seed is 0 to ${MOST_SEED}`)
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= 24 * 60)) throw new TypeError('--minutes is above 0, and a day at most')
  const names = values.faults === 'none' ? [] : values.faults?.split(',')
  const unknown = names?.find((name) => !allFaults.some((fault) => fault.name === name))
  if (unknown !== undefined) throw new TypeError(`there is no fault "${unknown}": see --help`)
  const faults = names ? allFaults.filter(({ name }) => names.includes(name)) : allFaults
  return { ...values, seed, minutes, faults }
}

async function main({ seed, minutes, faults, ...asked }: ReturnType<typeof readOptions>): Promise<number> {
  if (asked.help) {
    console.log(HELP)
    return 0
  }
  const plan = planOf(seed, minutes, { faults, processes: cast })
  if (asked.plan) {
    console.log(asked.json ? JSON.stringify(plan) : describePlan(plan))
    return 0
  }
  console.error(describePlan(plan))
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => stopping.abort(new EndedEarly(`ended by ${name}: nothing is left behind`)))
  const running = runChaos({
    plan,
    faults,
    loopback: asked.loopback,
    keep: asked.keep,
    check: checkMarket,
    signal: stopping.signal,
    onProgress: (line) => console.error(line),
  })
  // Whatever breaks off when a run ends early, that it was ended is why.
  const result = await running.catch((error) => {
    throw stopping.signal.aborted ? stopping.signal.reason : error
  })
  console.log(asked.json ? toJson(result) : describeResult(result))
  return result.findings.length === 0 ? 0 : 1
}

function optionsOrHint(): ReturnType<typeof readOptions> | undefined {
  try {
    return readOptions()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(error.message)
    process.exitCode = 2
  }
}

const asked = optionsOrHint()
if (asked) {
  try {
    process.exitCode = await main(asked)
  } catch (error) {
    console.error(error instanceof EndedEarly ? error.message : error)
    process.exitCode = error instanceof EndedEarly ? 130 : 1
  }
}
