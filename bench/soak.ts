/**
 * The market of `npm start` under steady load: does its memory, do its handles, threads or its disk climb, and is every cent accounted
 * for at the end? `npm run soak [-- --minutes 30] [--json]`. Exits with 1 if something climbs or is missing.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'
import { resultOf } from './soak/resultOf.ts'
import { runSoak, type Soaked } from './soak/runSoak.ts'

await runBench('soak', measure, {
  about: 'Runs the market of `npm start` under steady load and looks at what climbs, and at the money.',
  options: { minutes: { default: 30, about: 'how long orders come' } },
})

async function measure({ minutes }: { minutes: number }, signal: AbortSignal): Promise<BenchResult> {
  const home = await mkdtemp(join(tmpdir(), 'tender-soak-'))
  try {
    const soaked = await runSoak({ home, minutes, signal, tell: (text) => console.error(text) })
    complain(soaked)
    return resultOf(soaked)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** Plain sentences on standard error, and the exit code. */
function complain({ climbs, books, done }: Soaked): void {
  const sentences = [
    ...climbs
      .filter(({ climbs: tooFast }) => tooFast)
      .map(
        ({ what, climbed, unit, limit }) =>
          `${what} climbed by ${climbed.toFixed(1)} ${unit} in the second half; ${limit?.toFixed(1)} are allowed`,
      ),
    ...books.faults,
    ...(done.leases === 0 ? ['not one lease came about'] : []),
  ]
  for (const sentence of sentences) console.error(sentence)
  if (sentences.length > 0) process.exitCode = 1
}
