import { zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { decideJob, type JobFacts, type JobPolicy } from './decideJob.ts'

const policy: JobPolicy = { progressEveryTasks: 10, progressEverySeconds: 300, keepSeconds: 500 }
const chain = {
  state: 'opened',
  since: 0,
  anchor: 0,
  reanchors: 0,
  challenged: false,
  commitment: zeroHash,
  block: 100,
} as const
const job: JobFacts = {
  chain,
  start: 1_000,
  startWindowSeconds: 60,
  deadline: 5_000,
  hasManifest: true,
  bundleSeconds: 1_000,
  bundled: true,
  failed: false,
  tasks: 50,
  done: 0,
  progress: { tasks: 0, at: 1_000 },
  rolledBack: false,
  published: false,
  endedAt: undefined,
}
const begun = { ...job, chain: { ...chain, state: 'begun' } } as const
const submitted = { state: 'submitted', since: 2_000, anchor: 100, drawUntil: 3_000 } as const
const unwatched = { ...submitted, block: 101, noMonitors: true } as const
const drawn = { state: 'drawn', since: 2_000, challengeUntil: 2_100, verdictUntil: 4_000 } as const

const cases: [string, number, Partial<JobFacts>, string][] = [
  ['opened: the manifest is waited for', 1_010, { hasManifest: false, bundled: false }, 'wait 1060'],
  ['opened: it never came', 1_060, { hasManifest: false, bundled: false }, 'expire'],
  ['opened: its terms are not known', 9_000, { hasManifest: false, deadline: undefined }, 'nothing'],
  ['opened: the bundle is fetched', 1_010, { bundled: false }, 'fetchBundle'],
  ['opened: also after the start window', 2_059, { bundled: false }, 'fetchBundle'],
  ['opened: the bundle did not come', 2_060, { bundled: false }, 'expire'],
  ['opened: what keeps it from being begun may pass', 2_659, {}, 'begin'],
  ['opened: it did not', 2_660, {}, 'expire'],
  ['opened: begun once all is here', 1_010, {}, 'begin'],
  ['opened: too late to begin', 4_970, { bundleSeconds: 9_000 }, 'expire'],
  ['opened: it cannot be run', 1_010, { failed: true }, 'expire'],

  ['begun: tasks run', 1_010, begun, 'run 4970'],
  ['begun: until progress is due', 1_010, { ...begun, done: 1 }, 'run 1300'],
  ['begun: progress by time', 1_300, { ...begun, done: 1 }, 'progress'],
  ['begun: nothing new, no progress', 1_300, { ...begun, done: 1, progress: { tasks: 1, at: 1_000 } }, 'run 4970'],
  ['begun: progress by tasks', 1_010, { ...begun, done: 12, progress: { tasks: 2, at: 1_005 } }, 'progress'],
  ['begun: blocks were taken back', 1_300, { ...begun, done: 1, rolledBack: true }, 'recordAnew'],
  ['begun: all done', 1_300, { ...begun, done: 50 }, 'publish'],
  ['begun: the result is there', 1_300, { ...begun, done: 50, published: true }, 'submit'],
  ['begun: to the last second', 4_999, { ...begun, done: 50, published: true }, 'submit'],
  ['begun: no task so late', 4_970, begun, 'wait 5000'],
  ['begun: it cannot be run', 1_300, { ...begun, failed: true }, 'wait 5000'],
  ['begun: missed', 5_000, { ...begun, done: 50, published: true }, 'wait 91400'],
  ['begun: missed, and nobody said so for a day', 91_400, begun, 'expire'],

  ['submitted: the anchor is not mined', 2_000, { chain: { ...chain, ...submitted } }, 'wait 3000'],
  ['submitted: the anchor is mined', 2_000, { chain: { ...chain, ...submitted, block: 101 } }, 'draw'],
  ['submitted: no monitor counts yet', 2_499, { chain: { ...chain, ...unwatched } }, 'wait 3000'],
  ['submitted: no monitor counts for long', 2_500, { chain: { ...chain, ...unwatched } }, 'draw'],
  ['submitted: its hash is still known', 2_000, { chain: { ...chain, ...submitted, block: 355 } }, 'draw'],
  ['submitted: its hash is forgotten', 2_000, { chain: { ...chain, ...submitted, block: 356 } }, 'reanchor'],
  ['submitted: no anchor is left', 2_000, { chain: { ...chain, ...submitted, block: 356, reanchors: 2 } }, 'wait 3000'],
  ['submitted: never drawn', 3_000, { chain: { ...chain, ...submitted } }, 'expire'],
  ['recalled: drawn again', 2_000, { chain: { ...chain, ...submitted, state: 'recalled', block: 101 } }, 'draw'],
  ['recalled: never drawn', 3_000, { chain: { ...chain, ...submitted, state: 'recalled' } }, 'split'],

  ['drawn: validators have their time', 2_150, { chain: { ...chain, ...drawn } }, 'wait 2220'],
  ['drawn: none brought the verdict', 2_220, { chain: { ...chain, ...drawn } }, 'resolve'],
  ['drawn: no verdict in time', 4_000, { chain: { ...chain, ...drawn } }, 'redraw'],
  ['drawn: too little time for patience', 2_100, { chain: { ...chain, ...drawn, verdictUntil: 2_200 } }, 'wait 2200'],
  [
    'redrawn: none brought the verdict',
    2_120,
    { chain: { ...chain, ...drawn, state: 'redrawn', challengeUntil: undefined } },
    'resolve',
  ],
  ['redrawn: no verdict in time', 4_000, { chain: { ...chain, ...drawn, state: 'redrawn' } }, 'split'],

  ['ended: kept for a while', 6_100, { chain: { ...chain, state: 'ended' }, endedAt: 6_000 }, 'wait 6500'],
  ['ended: tidied', 6_500, { chain: { ...chain, state: 'ended' }, endedAt: 6_000 }, 'tidy'],
]

test.each(cases)('%s', (_name, now, over, expected) => {
  const step = decideJob({ ...job, ...over }, now, policy)
  expect('untilSeconds' in step ? `${step.do} ${step.untilSeconds}` : step.do).toBe(expected)
})
