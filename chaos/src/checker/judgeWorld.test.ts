import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import type { ChainFacts, Terms } from './facts.ts'
import { judgeWorld } from './judgeWorld.ts'
import { openBook } from './leaseBook.ts'
import { findToldLeases, findWorkloads, goneIn, type WorldFacts } from './worldFacts.ts'

const zero = `0x${'0'.repeat(40)}` as const
const word = `0x${'0'.repeat(64)}` as const
const lease: Hex = `0x${'11'.repeat(32)}`
const other: Hex = `0x${'22'.repeat(32)}`
const terms: Terms = {
  ...{ order: word, offer: word, index: 0, tenant: zero, provider: 7n, payout: zero, asset: zero, resource: word },
  ...{ units: 1, rate: 3600n, start: 1000, latestEnd: 9000, kind: 0, tier: 1, uptimeBps: 0, maxSilence: 0 },
  ...{ minSeconds: 0, noticeSeconds: 0, startWindow: 60, jobTerms: word, verifier: zero },
}
const opened = { block: 1, index: 0, time: 1000, tx: word }

/** One lease that runs until 5000, as seen at `time`. */
function worldAt(time: number, over: Partial<WorldFacts> = {}) {
  // CAST: of the chain's facts only the last block is asked
  const facts = { last: { block: 9, time } } as ChainFacts
  const books = { leases: new Map([[lease, openBook(lease, terms, 5000, opened)]]) }
  const empty = {
    workloads: [],
    records: new Map(),
    gone: [],
    results: new Map(),
    toldLeases: [],
    toldResults: [],
    takenBack: [],
  }
  return judgeWorld(facts, books, { ...empty, ...over }).map(({ check, message }) => `${check}: ${message}`)
}

const runs = { workloads: [{ provider: 7n, lease, pid: 1 }] }

test('a lease whose workload runs, one that ended, and one with a reason are in order', () => {
  expect(worldAt(2000, runs)).toEqual([])
  expect(worldAt(6000)).toEqual([])
  expect(worldAt(1010)).toEqual([])
  const records = new Map([[lease, { provider: 7n, phase: 'failed', reason: 'it trapped' }]])
  expect(worldAt(2000, { records })).toEqual([])
})

test('a workload without a lease is found, also of another provider', () => {
  expect(worldAt(6000, runs)).toEqual([expect.stringMatching(/^workloadWithoutLease: .* ended at 5000/)])
  const unknown = { workloads: [...runs.workloads, { provider: 7n, lease: other, pid: 2 }] }
  expect(worldAt(2000, unknown)).toEqual([expect.stringMatching(/^workloadWithoutLease: .*does not have/)])
  const wrong = { workloads: [{ provider: 8n, lease, pid: 1 }] }
  expect(worldAt(2000, wrong)).toEqual([expect.stringMatching(/^workloadWithoutLease: whose .*expected 7, found 8/)])
})

test('a lease without a workload and without a reason is found', () => {
  expect(worldAt(2000)).toEqual([expect.stringMatching(/^leaseWithoutWorkload: .*no record/)])
  const records = new Map([[lease, { provider: 7n, phase: 'accepted', reason: undefined }]])
  expect(worldAt(2000, { records })).toEqual([expect.stringMatching(/^leaseWithoutWorkload: .*accepted/)])
})

test('a workload that was gone without a word is found, one that ended is not', () => {
  const ended = (reason: string) => JSON.stringify({ level: 'info', leaseId: lease, reason, msg: 'the workload ended' })
  expect(goneIn(7n, `${ended('stopped')}\n${ended('exited: with code 0')}\nno JSON\n`)).toEqual([])
  const gone = goneIn(7n, `${ended('lost: gone without a word, as after a restart of the host')}\n`)
  expect(worldAt(6000, { gone })).toEqual([expect.stringMatching(/^lostWorkload: .*provider 7/)])
})

test('a lost result and a lost lease are found', () => {
  const good = { outputs: 3, tasks: 3, submitted: true, faults: [] }
  expect(worldAt(6000, { results: new Map([[lease, good]]) })).toEqual([])
  for (const bad of [{ outputs: 2 }, { submitted: false }, { faults: ['wrongRoot'] }, { trouble: 'nobody has it' }]) {
    const results = new Map([[lease, { ...good, ...bad }]])
    expect(worldAt(6000, { results })).toEqual([expect.stringMatching(/^lostResult: /)])
  }
  const toldResults = [{ tenant: 'ada', folder: '/x', files: 0 }]
  expect(worldAt(6000, { toldResults })).toEqual([expect.stringMatching(/^lostResult: ada/)])
  const toldLeases = [{ tenant: 'ada', lease: other, at: 50 }]
  const found = [expect.stringMatching(/^lostLease: ada/)]
  expect(worldAt(6000, { toldLeases })).toEqual(found)
  // Who asks after a reorganisation is told what it left.
  expect(worldAt(6000, { toldLeases, takenBack: [{ lease: other, at: 60 }] })).toEqual([])
  expect(worldAt(6000, { toldLeases, takenBack: [{ lease: other, at: 40 }] })).toEqual(found)
  expect(worldAt(6000, { toldLeases, takenBack: [{ lease, at: 60 }] })).toEqual(found)
})

test('a tenant is told of a lease by whatever lists it, unless it says that the chain does not know it', () => {
  const entry = (told: unknown) => ({ at: 5, endedAt: 6, act: 'ps', command: [], code: 0, told })
  const listed = [
    { leaseId: lease, status: 'running' },
    { leaseId: other, status: 'unknown' },
  ]
  const entries = [entry({ leases: listed }), entry({ leases: [{ leaseId: other }] }), entry('words'), entry(undefined)]
  const tenants = [{ name: 'ada', address: zero, home: '', logFile: '', entries }]
  expect(findToldLeases({ tenants })).toEqual([
    { tenant: 'ada', lease, at: 5 },
    { tenant: 'ada', lease: other, at: 5 },
  ])
})

test.runIf(process.platform === 'linux')('what runs is found by the folder of its lease', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'tender-workload-'))
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', join(stateDir, 'leases', lease)])
  try {
    await once(child, 'spawn')
    await expect
      .poll(() => findWorkloads([{ provider: 7n, stateDir }]))
      .toEqual([{ provider: 7n, lease, pid: child.pid }])
  } finally {
    child.kill('SIGKILL')
    rmSync(stateDir, { recursive: true })
  }
})
