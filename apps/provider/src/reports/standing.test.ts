import { expect, test } from 'vitest'
import { silent } from '../testKit.ts'
import { keepStanding } from './keepStanding.ts'
import { decideStanding, type KnownStanding, type Standing, type StandingStep } from './standing.ts'

const now = 1_000_000
const standing: Standing = { era: 9n, coveredUntil: now - 600, score: 8_200, rewards: 0n, slashed: 0n, proof: [] }
const known: KnownStanding = { level: 2, ceiling: 1, levelValidUntil: now + 86_400, claimed: 0n }
const policy = { nowSeconds: now, claimRewardsFrom: 100n }

const cases: [string, Partial<Standing>, Partial<KnownStanding>, StandingStep[]][] = [
  ['nothing has changed', {}, {}, []],
  ['a better level is taken', {}, { level: 3 }, ['updateTrust']],
  ['the first level is taken', { score: 4_000 }, { level: 5, levelValidUntil: 0 }, ['updateTrust']],
  ['a worse one is left to others', { score: 3_000 }, {}, []],
  ['a score that reaches no level is left', { score: 3_999 }, { level: 5, levelValidUntil: 0 }, []],
  ['no better one than governance grants', { score: 9_900 }, { ceiling: 2 }, []],
  ['one that lapses soon is renewed', {}, { levelValidUntil: now + 43_199 }, ['updateTrust']],
  ['one that lapses soon is renewed by a worse one', { score: 5_000 }, { levelValidUntil: now + 1 }, ['updateTrust']],
  ['one that lasts is not', {}, { levelValidUntil: now + 43_200 }, []],
  ['rewards are claimed once there are enough', { rewards: 350n }, { claimed: 250n }, ['claimRewards']],
  ['and left to grow before', { rewards: 349n }, { claimed: 250n }, []],
  ['both', { score: 9_900, rewards: 100n }, {}, ['updateTrust', 'claimRewards']],
]
test.each(cases)('%s', (_, told, chain, steps) => {
  expect(decideStanding({ ...standing, ...told }, { ...known, ...chain }, policy)).toEqual(steps)
})

test('nothing is claimed where nothing is due, however little is worth it', () => {
  expect(
    decideStanding({ ...standing, rewards: 5n }, { ...known, claimed: 5n }, { ...policy, claimRewardsFrom: 0n }),
  ).toEqual([])
})

test('what fails in the middle leaves what was done, and is made up for', async () => {
  const chain = { ...known, level: 5 }
  let refuses = true
  const market = {
    known: async () => ({ ...chain }),
    updateTrust: async () => {
      chain.level = 2
    },
    claimRewards: async ({ rewards }: Standing) => {
      if (refuses) throw new Error('the budget is spent')
      chain.claimed = rewards
    },
  }
  const keep = () => keepStanding({ ...standing, rewards: 500n }, market, { ...policy, log: silent })
  await expect(keep()).rejects.toThrow('the budget is spent')
  expect(chain).toMatchObject({ level: 2, claimed: 0n })
  refuses = false
  await keep()
  expect(chain).toMatchObject({ level: 2, claimed: 500n })
})
