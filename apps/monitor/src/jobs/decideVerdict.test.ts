import { expect, test } from 'vitest'
import { decideVerdict, type VerdictFacts } from './decideVerdict.ts'
import type { Finding } from './finding.ts'

// Drawn at 1000; the tenant may challenge until 1100, a verdict counts until 1500. Turns of 20 seconds.
const drawn = { state: 'drawn', since: 1_000, challenged: false, drawUntil: undefined } as const
const first = { ...drawn, challengeUntil: 1_100, verdictUntil: 1_500 }
const second = { ...drawn, state: 'redrawn', challengeUntil: undefined, verdictUntil: 1_400 } as const
const reasons = { tasks: [], faults: [] }
const good: Finding = { kind: 'judged', passed: true, reasons }
const bad: Finding = { kind: 'judged', passed: false, reasons }
const unserved = (since: number, tries = 3): Finding => ({ kind: 'unserved', what: 'a block is missing', since, tries })
const none = { passed: 0, failed: 0 }

const usual: VerdictFacts = {
  job: first,
  place: 0,
  drawn: 3,
  finding: undefined,
  judging: false,
  cutOff: false,
  signed: undefined,
  agreed: none,
  agreedSince: undefined,
  turnSeconds: 20,
}
const rest = { do: 'rest' }
const judge = { do: 'judge' }
const twoPassed = { signed: true, agreed: { passed: 2, failed: 0 } }

const table: [string, Partial<VerdictFacts>, number, unknown][] = [
  ['nothing was found yet', {}, 1_001, judge],
  ['nothing was found, in the second set', { job: second }, 1_001, judge],
  ['a good result waits for the tenant', { finding: good }, 1_099, rest],
  ['and is signed when its time is over', { finding: good }, 1_100, { do: 'sign', passed: true }],
  ['or has challenged', { finding: good, job: { ...first, challenged: true } }, 1_001, { do: 'sign', passed: true }],
  ['nobody challenges a second set', { finding: good, job: second }, 1_001, { do: 'sign', passed: true }],
  ['a bad result is signed at once', { finding: bad }, 1_001, { do: 'sign', passed: false }],
  ['what it declined it leaves to others', { finding: { kind: 'declined', why: 'too dear' } }, 1_200, rest],
  ['not served: it asks again', { finding: unserved(1_001) }, 1_374, judge],
  ['not served for most of the time', { finding: unserved(1_001) }, 1_375, { do: 'sign', passed: false }],
  ['not served twice may be bad luck', { finding: unserved(1_001, 2) }, 1_499, judge],
  ['it is just asking once more: that counts', { finding: unserved(1_001), judging: true }, 1_400, judge],
  ['it was away for most of the time: it asks for a while itself', { finding: unserved(1_400) }, 1_462, judge],
  ['and signs then', { finding: unserved(1_400) }, 1_463, { do: 'sign', passed: false }],
  [
    'cut off from all others: what it cannot fetch says nothing',
    { finding: unserved(1_001), cutOff: true },
    1_400,
    judge,
  ],
  ['signed, alone', { signed: true, agreed: { passed: 1, failed: 0 } }, 1_200, { do: 'collect' }],
  ['as many for as against', { drawn: 2, signed: true, agreed: { passed: 1, failed: 1 } }, 1_200, { do: 'collect' }],
  ['half is not more than half', { drawn: 4, ...twoPassed }, 1_200, { do: 'collect' }],
  ['two of three, and it is the first', { ...twoPassed, agreedSince: 1_200 }, 1_200, { do: 'resolve', passed: true }],
  ['the second waits for the first', { ...twoPassed, place: 1, agreedSince: 1_200 }, 1_219, rest],
  ['and not for ever', { ...twoPassed, place: 1, agreedSince: 1_200 }, 1_220, { do: 'resolve', passed: true }],
  [
    'it was outvoted, and posts what the others found',
    {
      signed: true,
      agreed: { passed: 1, failed: 2 },
      agreedSince: 1_050,
    },
    1_050,
    { do: 'resolve', passed: false },
  ],
  ['good for most, and the tenant may challenge yet', { ...twoPassed, agreedSince: 1_010 }, 1_099, rest],
  ['too late: another set', { ...twoPassed, agreedSince: 1_499 }, 1_500, { do: 'redraw' }],
  ['another set is the second one’s to call for later', { place: 1 }, 1_519, rest],
  ['then it does', { place: 1 }, 1_520, { do: 'redraw' }],
  ['there is no third set', { job: second }, 1_400, rest],
  ['it was in the first set and is not in the second', { job: second, place: undefined }, 1_100, rest],
  ['recalled: the first draws', { job: { ...drawn, state: 'recalled', ...open() } }, 1_000, { do: 'draw' }],
  ['the third waits', { place: 2, job: { ...drawn, state: 'recalled', ...open() } }, 1_039, rest],
  ['drawing is over', { job: { ...drawn, state: 'recalled', ...open() } }, 1_200, rest],
  ['a job that is over', { job: { ...drawn, state: 'ended', ...open(), drawUntil: undefined } }, 1_100, rest],
]

function open() {
  return { drawUntil: 1_200, challengeUntil: undefined, verdictUntil: undefined }
}

test.each(table)('%s', (_name, facts, now, step) => {
  expect(decideVerdict({ ...usual, ...facts }, now)).toEqual(step)
})
