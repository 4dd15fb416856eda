import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChainView, decideMoney, decideWorkload, type LeaseFacts, type Step } from './decide.ts'
import { type LeasePhase, leasePhases } from './leaseRecord.ts'

const policy = { settleEverySeconds: 600, keepEndedSeconds: 3_600, keepVolumesSeconds: 7_200 }
const chain: ChainView = {
  start: 1000,
  stop: 5000,
  endsEarly: false,
  settledUntil: 1000,
  secondsPaid: 0,
  startWindowSeconds: 100,
  maxSilenceSeconds: 0,
  byTime: true,
  resolved: false,
  released: false,
}
const facts: LeaseFacts = {
  phase: 'running',
  chain,
  ranWell: true,
  updates: false,
  waitsForVolumes: false,
  log: 'none',
  hasVolumes: false,
  interrupts: false,
  reporting: { coveredUntil: 0, fallbackOpen: false },
}
const wait = (untilSeconds: number): Step => ({ do: 'wait', untilSeconds })
const extendTo = (newEnd: number): Step => ({ do: 'extend', newEnd })
const opened = { phase: 'opened', ranWell: false } as const
const over = { ...chain, stop: 1200, resolved: true, released: true }
const unpaid = { byTime: false, resolved: false, released: false }
type Change = Partial<Omit<LeaseFacts, 'chain'>> & { chain?: Partial<ChainView> }
/** No report has come for long; the last one covers everything up to then. */
const dead = (coveredUntil: number, change: Partial<ChainView> = {}): Change => ({
  chain: { byTime: false, resolved: false, ...change },
  reporting: { coveredUntil, fallbackOpen: true },
})
const factsWith = ({ chain: change, ...rest }: Change, base = chain): LeaseFacts => ({
  ...facts,
  ...rest,
  chain: { ...base, ...change },
})

describe('a workload, while its lease runs,', () => {
  const cases: [string, Change, number, Step][] = [
    ['is started once it was accepted', { phase: 'accepted' }, 1001, { do: 'start' }],
    [
      'waits while another writes to its volumes',
      { phase: 'accepted', waitsForVolumes: true },
      1001,
      { do: 'wait', untilSeconds: 5000 },
    ],
    ['is updated', { updates: true }, 1500, { do: 'update' }],
    ['is updated when it has failed', { phase: 'failed', updates: true }, 1500, { do: 'update' }],
    ['is started before it is updated', { phase: 'accepted', updates: true }, 1500, { do: 'start' }],
    ['goes on when its end is rolled back', { phase: 'stopped' }, 1101, { do: 'resume' }],
    ['goes on also when only its volumes are left', { phase: 'retired' }, 1101, { do: 'resume' }],
    ['is left alone', {}, 1101, { do: 'wait', untilSeconds: 5000 }],
  ]
  test.each(cases)('%s', (_, change, now, step) => {
    expect(decideWorkload(factsWith(change), now, policy)).toEqual(step)
  })
})

describe('a workload, once its lease is over,', () => {
  const cases: [string, Change, number, Step][] = [
    ['stops', { chain: { resolved: false } }, 1200, { do: 'stop' }],
    ['stops before it was started', { phase: 'accepted' }, 1200, { do: 'stop' }],
    ['stops instead of being updated', { updates: true }, 1200, { do: 'stop' }],
    ['stays a little, for second thoughts', { phase: 'stopped' }, 1201, { do: 'wait', untilSeconds: 1260 }],
    ['has its log archived', { phase: 'stopped', log: 'toArchive' }, 1260, { do: 'archive' }],
    ['then goes', { phase: 'stopped', log: 'archived' }, 1260, { do: 'retire' }],
    ['stays as long as its log, if that cannot be sealed', { phase: 'stopped', log: 'kept' }, 1260, wait(4800)],
    ['goes with it', { phase: 'stopped', log: 'kept' }, 4800, { do: 'retire' }],
    ['waits for no archive for ever', { phase: 'stopped', log: 'toArchive' }, 4800, { do: 'retire' }],
    ['leaves nothing', { phase: 'retired' }, 1260, { do: 'destroy' }],
    ['leaves its volumes', { phase: 'retired', hasVolumes: true }, 1260, wait(8400)],
    ['for a while', { phase: 'retired', hasVolumes: true }, 8400, { do: 'destroy' }],
    ['is gone', { phase: 'destroyed' }, 9999, { do: 'nothing' }],
  ]
  test.each(cases)('%s', (_, change, now, step) => {
    expect(decideWorkload(factsWith(change, over), now, policy)).toEqual(step)
  })
})

describe('the money of a lease that runs', () => {
  const extend = { runwaySeconds: 1_000, ceiling: 20_000 }
  const cases: [string, Change, number, Step][] = [
    ['waits for the manifest', { phase: 'opened', ranWell: false }, 1001, wait(1080)],
    ['gives up on a manifest within the start window', opened, 1080, { do: 'abandon', because: 'noManifest' }],
    ['stays after the window, when leaving costs', opened, 1101, wait(1600)],
    ['abandons what cannot run within the window', { phase: 'failed' }, 1100, { do: 'abandon', because: 'cannotRun' }],
    ['keeps a late failure', { phase: 'failed' }, 1101, wait(1600)],
    ['waits for what comes up', { phase: 'accepted', ranWell: false }, 1001, wait(1080)],
    [
      'abandons what never came up',
      { phase: 'accepted', ranWell: false },
      1080,
      { do: 'abandon', because: 'cannotRun' },
    ],
    ['abandons what was never well', { ranWell: false }, 1100, { do: 'abandon', because: 'cannotRun' }],
    ['is patient with what ran before', { phase: 'accepted' }, 1090, wait(1600)],
    ['is patient with what waits', { phase: 'accepted', ranWell: false, waitsForVolumes: true }, 1090, wait(1600)],
    ['is settled in time', {}, 1600, { do: 'settle' }],
    ['is settled within half the silence allowed', { chain: { maxSilenceSeconds: 100 } }, 1050, { do: 'settle' }],
    ['wakes at the stop', { chain: { stop: 1300 } }, 1200, wait(1300)],
    ['is left to the reports if it is monitored', { chain: { byTime: false } }, 4000, wait(5000)],
    [
      'is settled once a report says that enough was served',
      { chain: { byTime: false }, reported: { coveredUntil: 2_000, served: 600 } },
      2_100,
      { do: 'settleServed' },
    ],
    [
      'waits for more to be served',
      { chain: { byTime: false, secondsPaid: 1 }, reported: { coveredUntil: 2_000, served: 600 } },
      2_100,
      wait(5000),
    ],
    [
      'waits while more is told than the report covers',
      { chain: { byTime: false }, reported: { coveredUntil: 1_500, served: 600 } },
      2_100,
      wait(5000),
    ],
    [
      'is settled by no report before it came up',
      { ...opened, chain: { byTime: false, stop: 1_010 }, reported: { coveredUntil: 1_010, served: 10 } },
      1_005,
      wait(1_010),
    ],
    [
      'falls back to time with the last word',
      { ...dead(1_500), reported: { coveredUntil: 1_500, served: 400 } },
      2_100,
      { do: 'fallBack' },
    ],
    [
      'falls back with what the last report pays, not before it',
      { ...dead(1_700), reported: { coveredUntil: 1_700, served: 700 } },
      2_100,
      { do: 'settleServed' },
    ],
    ['falls back without a word if no report covers it', dead(1_000), 2_100, { do: 'fallBack' }],
    ['does not fall back without the last word', dead(1_500), 2_100, wait(5000)],
    [
      'does not fall back with an older word',
      { ...dead(1_500), reported: { coveredUntil: 1_400, served: 400 } },
      2_100,
      wait(5000),
    ],
    ['ends with notice', { interrupts: true }, 1200, { do: 'interrupt' }],
    ['ends once', { interrupts: true, chain: { endsEarly: true } }, 1200, wait(1600)],
    ['waits for the runway', { extend }, 1200, wait(1600)],
    ['is prolonged to twice the runway', { extend }, 4_000, { do: 'extend', newEnd: 6_000 }],
    ['is prolonged up to the ceiling', { extend: { ...extend, ceiling: 5_100 } }, 4_500, extendTo(5_100)],
    [
      'is prolonged to the ceiling where little is left',
      { extend: { ...extend, ceiling: 6_059 } },
      4_000,
      extendTo(6_059),
    ],
    ['is not prolonged by less than is worth it', { extend: { ...extend, ceiling: 5_059 } }, 4_500, { do: 'settle' }],
    ['is not prolonged beyond it', { extend: { ...extend, ceiling: 5_000 } }, 4_500, { do: 'settle' }],
    [
      'is prolonged by more than a settlement is worth',
      { extend: { ...extend, runwaySeconds: 60 } },
      4_950,
      extendTo(5_610),
    ],
    ['is not prolonged when it ends early', { extend, chain: { endsEarly: true } }, 4_500, { do: 'settle' }],
  ]
  test.each(cases)('%s', (_, change, now, step) => {
    expect(decideMoney(factsWith(change), now, policy)).toEqual(step)
  })
})

describe('the money of a lease that is over', () => {
  const cases: [string, Change, Step][] = [
    ['is settled, also while its workload does not stop', { chain: { resolved: false } }, { do: 'settle' }],
    ['is settled without a manifest', { phase: 'opened', chain: { resolved: false } }, { do: 'settle' }],
    ['gives its units back', { phase: 'stopped', chain: { released: false } }, { do: 'release' }],
    ['gives them back once nothing runs on them', { chain: { released: false } }, { do: 'nothing' }],
    ['rests', { phase: 'stopped' }, { do: 'nothing' }],
    ['gives its units back before a report comes', { phase: 'stopped', chain: unpaid }, { do: 'release' }],
    ['waits for a report', { phase: 'stopped', chain: { ...unpaid, released: true } }, { do: 'nothing' }],
    [
      'is settled by the report that covers its stop',
      { phase: 'stopped', chain: { ...unpaid, released: true }, reported: { coveredUntil: 1_200, served: 0 } },
      { do: 'settleServed' },
    ],
    [
      'is not settled for little by one that does not',
      { phase: 'stopped', chain: { ...unpaid, released: true }, reported: { coveredUntil: 1_199, served: 150 } },
      { do: 'nothing' },
    ],
    [
      'is settled by such a report while its workload does not stop',
      { chain: unpaid, reported: { coveredUntil: 1_200, served: 0 } },
      { do: 'settleServed' },
    ],
    [
      'falls back where no report comes',
      {
        ...dead(1_100, { stop: 1_200, released: true }),
        reported: { coveredUntil: 1_100, served: 90 },
        phase: 'stopped',
      },
      { do: 'fallBack' },
    ],
  ]
  test.each(cases)('%s', (_, change, step) => {
    expect(decideMoney(factsWith(change, over), 1200, policy)).toEqual(step)
  })
})

// The loop makes each step and decides again, so a lease must come to rest however the steps fall in time.
test('every lease comes to rest with its workload gone, its money settled and its units back', () => {
  const lease = fc.record({
    phase: fc.constantFrom(...leasePhases),
    ranWell: fc.boolean(),
    updates: fc.boolean(),
    waitsForVolumes: fc.boolean(),
    log: fc.constantFrom('none', 'toArchive', 'kept'),
    hasVolumes: fc.boolean(),
    interrupts: fc.boolean(),
    extend: fc.option(
      fc.record({ runwaySeconds: fc.constantFrom(60, 900), ceiling: fc.integer({ min: 0, max: 9_000 }) }),
      { nil: undefined },
    ),
    chain: fc.record({
      stop: fc.integer({ min: 1001, max: 9000 }),
      byTime: fc.boolean(),
      maxSilenceSeconds: fc.constantFrom(0, 1, 60, 7200),
      startWindowSeconds: fc.constantFrom(0, 1, 100),
    }),
    fails: fc.boolean(),
    /** What of each second reports say was served, and when the last one comes; then it takes long until the fallback opens. */
    upBps: fc.constantFrom(0, 5_000, 9_999, 10_000),
    lastReportAt: fc.constantFrom(0, 1_500, 4_000, 9_500),
  })
  fc.assert(
    fc.property(lease, ({ fails, upBps, lastReportAt, ...change }) => {
      const world: World = { now: 1000, facts: factsWith(change) }
      for (let turn = 0; turn < 20_000; turn++) {
        if (!change.chain.byTime) report(world, upBps, lastReportAt)
        const workload = decideWorkload(world.facts, world.now, policy)
        const money = decideMoney(world.facts, world.now, policy)
        const due = [workload, money].find((step) => step.do !== 'wait' && step.do !== 'nothing')
        if (!due) {
          const waits = [workload, money].flatMap((step) => (step.do === 'wait' ? step.untilSeconds : []))
          const { byTime, resolved } = world.facts.chain
          if (!byTime && !resolved) waits.push(nextReport(world.now))
          if (waits.length === 0) break
          expect(Math.min(...waits)).toBeGreaterThan(world.now)
          world.now = Math.min(...waits)
        } else perform(due, world, fails)
      }
      const { phase, chain: view } = world.facts
      expect(phase).toBe('destroyed')
      expect(view.released).toBe(true)
      expect(view.resolved).toBe(true)
      expect(view.secondsPaid).toBeLessThanOrEqual(Math.max(0, view.stop - view.start))
    }),
  )
})

type World = { now: number; facts: LeaseFacts }

const ERA_SECONDS = 400
const LIVENESS_SECONDS = 2_000
const nextReport = (now: number) => (Math.floor(now / ERA_SECONDS) + 1) * ERA_SECONDS

/** What the monitors say by now, and whether they have been silent for too long. */
function report(world: World, upBps: number, lastReportAt: number): void {
  const { now, facts: before } = world
  const { start, stop } = before.chain
  const coveredUntil = Math.floor(Math.min(now, lastReportAt) / ERA_SECONDS) * ERA_SECONDS
  const reporting = { coveredUntil, fallbackOpen: now > Math.max(1_000, coveredUntil) + LIVENESS_SECONDS }
  const final = (before.reported?.coveredUntil ?? 0) >= stop
  const served = Math.floor((Math.max(0, Math.min(coveredUntil, stop) - start) * upBps) / 10_000)
  const tells = coveredUntil > start && !final
  world.facts = { ...before, reporting, ...(tells && { reported: { coveredUntil, served } }) }
}

function perform(step: Step, world: World, fails: boolean): void {
  const { facts: before, now } = world
  const view = { ...before.chain }
  const next: LeaseFacts = { ...before, chain: view }
  const to = (phase: LeasePhase) => Object.assign(next, { phase })
  if (step.do === 'start') {
    expect(view.stop).toBeGreaterThan(now)
    to(fails ? 'failed' : 'running')
  } else if (step.do === 'update') Object.assign(next, { updates: false, phase: fails ? before.phase : 'running' })
  else if (step.do === 'resume') to('running')
  else if (step.do === 'stop') to('stopped')
  else if (step.do === 'archive') Object.assign(next, { log: 'archived' })
  else if (step.do === 'retire') Object.assign(to('retired'), { log: 'none' })
  else if (step.do === 'destroy') to('destroyed')
  else if (step.do === 'release') view.released = true
  else if (step.do === 'abandon') Object.assign(view, { stop: view.start + view.secondsPaid, endsEarly: true })
  else if (step.do === 'interrupt') Object.assign(view, { stop: Math.min(view.stop, now + 50), endsEarly: true })
  else if (step.do === 'extend') {
    expect(step.newEnd).toBeGreaterThan(view.stop)
    expect(step.newEnd).toBeLessThanOrEqual(before.extend?.ceiling ?? 0)
    view.stop = step.newEnd
  } else if (step.do === 'settle') payByTime(view, now)
  else if (step.do === 'settleServed') {
    payServed(next)
    // One that changes nothing would be made again for ever.
    expect(view.resolved || view.secondsPaid > before.chain.secondsPaid).toBe(true)
  } else if (step.do === 'fallBack') {
    expect(before.reporting.fallbackOpen).toBe(true)
    if (before.reporting.coveredUntil > view.start) payServed(next)
    view.settledUntil = Math.max(view.settledUntil, Math.min(now, before.reporting.coveredUntil))
    view.byTime = true
    payByTime(view, now)
  }
  world.facts = next
}

function payByTime(view: ChainView, now: number): void {
  const until = Math.max(view.settledUntil, Math.min(now, view.stop))
  view.secondsPaid += until - view.settledUntil
  view.settledUntil = until
  view.resolved = now >= view.stop
}

function payServed({ chain: view, reported }: LeaseFacts): void {
  const { coveredUntil, served } = reported ?? expect.fail('nothing was reported')
  view.secondsPaid = Math.max(
    view.secondsPaid,
    Math.min(served, Math.max(0, Math.min(coveredUntil, view.stop) - view.start)),
  )
  view.resolved = coveredUntil >= view.stop
}
