import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChainView, decide, type Step } from './decide.ts'
import { type LeasePhase, leasePhases } from './leaseRecord.ts'

const policy = { settleEverySeconds: 600, keepEndedSeconds: 3600 }
const chain: ChainView = {
  start: 1000,
  stop: 5000,
  settledUntil: 1000,
  secondsPaid: 0,
  startWindowSeconds: 100,
  maxSilenceSeconds: 0,
  byTime: true,
  resolved: false,
  released: false,
}
const over = { ...chain, stop: 1200, resolved: true, released: true }

describe('while the lease runs', () => {
  const cases: [string, LeasePhase, Partial<ChainView>, number, Step][] = [
    ['starts what it accepted', 'accepted', {}, 1001, { do: 'start' }],
    ['waits for the manifest', 'opened', {}, 1001, { do: 'wait', untilSeconds: 1080 }],
    ['gives up on a manifest within the start window', 'opened', {}, 1080, { do: 'abandon', because: 'noManifest' }],
    ['stays after the window, when leaving costs', 'opened', {}, 1101, { do: 'wait', untilSeconds: 1600 }],
    ['abandons what cannot run within the window', 'failed', {}, 1100, { do: 'abandon', because: 'cannotRun' }],
    ['keeps a late failure', 'failed', {}, 1101, { do: 'wait', untilSeconds: 1600 }],
    ['goes on when its end is rolled back', 'stopped', {}, 1101, { do: 'resume' }],
    ['settles in time', 'running', {}, 1600, { do: 'settle' }],
    ['settles within half the silence allowed', 'running', { maxSilenceSeconds: 100 }, 1050, { do: 'settle' }],
    ['wakes at the stop', 'running', { stop: 1300 }, 1200, { do: 'wait', untilSeconds: 1300 }],
    ['leaves a monitored lease to the reports', 'running', { byTime: false }, 4000, { do: 'wait', untilSeconds: 5000 }],
  ]
  test.each(cases)('%s', (_, phase, change, now, step) => {
    expect(decide(phase, { ...chain, ...change }, now, policy)).toEqual(step)
  })
})

describe('once it is over', () => {
  const cases: [string, LeasePhase, Partial<ChainView>, number, Step][] = [
    ['stops first', 'running', { resolved: false }, 1200, { do: 'stop' }],
    ['stops what it was about to start', 'accepted', { resolved: false }, 1200, { do: 'stop' }],
    ['then settles', 'stopped', { resolved: false, released: false }, 1200, { do: 'settle' }],
    ['settles what never had a manifest', 'opened', { resolved: false }, 1200, { do: 'settle' }],
    ['gives units back', 'stopped', { released: false }, 1200, { do: 'release' }],
    ['keeps logs', 'stopped', {}, 1201, { do: 'wait', untilSeconds: 4800 }],
    ['then removes every trace', 'stopped', {}, 4800, { do: 'destroy' }],
    ['and is done', 'destroyed', {}, 9999, { do: 'nothing' }],
  ]
  test.each(cases)('%s', (_, phase, change, now, step) => {
    expect(decide(phase, { ...over, ...change }, now, policy)).toEqual(step)
  })
})

// The loop performs each step and decides again, so a lease must come to rest however the steps fall in time.
test('every lease comes to rest with its workload stopped, its money settled and its units back', () => {
  const lease = fc.record({
    phase: fc.constantFrom(...leasePhases),
    stop: fc.integer({ min: 1001, max: 9000 }),
    byTime: fc.boolean(),
    maxSilenceSeconds: fc.constantFrom(0, 1, 60, 7200),
    startWindowSeconds: fc.constantFrom(0, 1, 100),
    fails: fc.boolean(),
  })
  fc.assert(
    fc.property(lease, ({ phase, fails, ...change }) => {
      const world = { phase, now: 1000, view: { ...chain, ...change } }
      for (let turn = 0; turn < 20_000; turn++) {
        const step = decide(world.phase, world.view, world.now, policy)
        if (step.do === 'nothing') break
        perform(step, world, fails)
      }
      expect(world.phase).toBe('destroyed')
      expect(world.view.released).toBe(true)
      expect(world.view.resolved || !world.view.byTime).toBe(true)
    }),
  )
})

type World = { phase: LeasePhase; now: number; view: ChainView }

function perform(step: Step, world: World, fails: boolean): void {
  const { view } = world
  if (step.do === 'wait') {
    expect(step.untilSeconds).toBeGreaterThan(world.now)
    world.now = step.untilSeconds
  } else if (step.do === 'start') {
    expect(view.stop).toBeGreaterThan(world.now)
    world.phase = fails ? 'failed' : 'running'
  } else if (step.do === 'resume') world.phase = 'running'
  else if (step.do === 'stop') world.phase = 'stopped'
  else if (step.do === 'destroy') world.phase = 'destroyed'
  else if (step.do === 'release') view.released = true
  else if (step.do === 'abandon') view.stop = world.now
  else if (step.do === 'settle') {
    view.settledUntil = Math.min(world.now, view.stop)
    view.resolved = world.now >= view.stop
    view.released ||= view.resolved
  }
}
