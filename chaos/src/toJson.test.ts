import { expect, test } from 'vitest'
import { createJudge } from './checker/judge.ts'
import { toJson } from './toJson.ts'

test('what was found of a provider can be written down', () => {
  const judge = createJudge('lostWorkload')
  judge.holds(false, 'a workload was gone', { provider: 7n })
  expect(JSON.parse(toJson(judge.findings, 2))).toEqual([
    { check: 'lostWorkload', message: 'a workload was gone (provider 7)', data: { provider: '7' } },
  ])
})
