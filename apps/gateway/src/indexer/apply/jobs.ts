import { kinds } from '@tender/protocol'
import { jobs } from '../../store/schema.ts'
import type { Happened } from '../../store/tables/jobs.ts'
import { type Handlers, type Step, tell } from '../step.ts'
import { plainRecord } from '../tableShape.ts'
import type { LeaseRow } from './leases.ts'

export type JobRow = typeof jobs.$inferSelect

/** What the jobs' contract says of a job. How it ends, and its money, the escrow says. */
export const jobHandlers: Handlers = {
  JobBegun: ({ args: { lease, jobTerms } }, step) =>
    changeJob(step, lease, 'JobBegun', () => ({
      state: 'begun',
      terms: plainRecord(jobTerms),
      begun: happened(step),
    })),

  JobProgressed: ({ args: { lease, root } }, step) =>
    changeJob(step, lease, 'JobProgressed', () => ({ progress: { root, ...happened(step) } })),

  JobSubmitted: ({ args: { lease, resultRoot: root, cid, anchor } }, step) =>
    changeJob(step, lease, 'JobSubmitted', () => ({
      state: 'submitted',
      result: { root, cid, ...happened(step) },
      anchor,
      drawUntil: drawUntil(step),
    })),

  JobReanchored: ({ args: { lease, anchor } }, step) =>
    changeJob(step, lease, 'JobReanchored', ({ reanchors }) => ({ anchor, reanchors: reanchors + 1 })),

  JobDrawn: ({ args: { lease, seed, validators } }, step) =>
    changeJob(step, lease, 'JobDrawn', ({ state, draws }) => {
      const { challengeSeconds, verdictSeconds } = step.market.jobTiming
      const { at } = step.place
      const first = state === 'submitted'
      return {
        state: first ? 'drawn' : 'redrawn',
        draws: [...draws, { seed, validators, ...happened(step) }],
        drawUntil: null,
        challengeUntil: first ? at + challengeSeconds : null,
        verdictUntil: at + verdictSeconds + (first ? challengeSeconds : 0),
      }
    }),

  JobChallenged: ({ args: { lease, seed, tasks } }, step) =>
    changeJob(step, lease, 'JobChallenged', () => ({
      challenge: { seed, tasks, ...happened(step) },
      // Once, and then a good verdict need not wait.
      challengeUntil: null,
    })),

  JobRecalled: ({ args: { lease, anchor } }, step) =>
    changeJob(step, lease, 'JobRecalled', () => ({
      state: 'recalled',
      recalled: happened(step),
      anchor,
      reanchors: 0,
      drawUntil: drawUntil(step),
      challengeUntil: null,
      verdictUntil: null,
    })),

  JobJudged: ({ args: { lease, passed, signers } }, step) =>
    changeJob(step, lease, 'JobJudged', ({ draws }) => {
      const validators = draws.at(-1)?.validators ?? []
      const signed = validators.filter((_, index) => ((signers >> BigInt(index)) & 1n) === 1n)
      return { passed, judged: { signers: signed, ...happened(step) } }
    }),

  JobSplit: ({ args: { lease, providerBps } }, step) =>
    changeJob(step, lease, 'JobSplit', () => ({ split: { providerBps, ...happened(step) } })),
}

/** A lease that is a job gets a row of its own. */
export function openJob(step: Step, { id: lease, kind, tenant, provider }: LeaseRow): void {
  if (kind !== kinds.job) return
  step.draft.create(jobs, { lease, ...step.place, tenant, provider, ...freshJob })
  tellJob(step, { lease, tenant, provider }, 'LeaseOpened')
}

/** The escrow ended a lease: if it is a job, that is its end. */
export async function endJob(step: Step, { id: lease, kind }: LeaseRow): Promise<void> {
  if (kind !== kinds.job) return
  await changeJob(step, lease, 'LeaseEnded', () => ({
    state: 'ended',
    ended: happened(step),
    drawUntil: null,
    challengeUntil: null,
    verdictUntil: null,
  }))
}

/** Adds to the sums of a job that this transaction just ended; nothing if it ended none. */
export async function addToEnded(
  step: Step,
  changes: (row: JobRow) => Partial<Pick<JobRow, 'toValidators' | 'returned' | 'penalised'>>,
): Promise<void> {
  const { ended, place, draft } = step
  const row = ended?.tx === place.tx ? await draft.get(jobs, ended.lease) : undefined
  if (row) draft.put(jobs, { ...row, ...changes(row) })
}

/** What the tenant of a job was charged beside its price. */
export async function addCharge(step: Step, lease: JobRow['lease'], amount: bigint): Promise<void> {
  const row = await jobOf(step, lease)
  step.draft.put(jobs, { ...row, charged: row.charged + amount })
}

async function changeJob(
  step: Step,
  lease: JobRow['lease'],
  event: string,
  changes: (row: JobRow) => Partial<JobRow>,
): Promise<void> {
  const row = await jobOf(step, lease)
  const changed = { ...row, ...changes(row) }
  step.draft.put(jobs, changed)
  tellJob(step, row, event)
  // A lease says how its job stands. Of its end it tells by itself.
  const { tenant, provider } = row
  if (changed.state !== row.state && changed.state !== 'ended')
    tell(step, 'lease', { tenant, provider }, { lease, event })
}

async function jobOf({ draft }: Step, lease: JobRow['lease']): Promise<JobRow> {
  const row = await draft.get(jobs, lease)
  if (!row) throw new Error(`job ${lease} was never opened`)
  return row
}

function tellJob(
  step: Step,
  { lease, tenant, provider }: Pick<JobRow, 'lease' | 'tenant' | 'provider'>,
  event: string,
) {
  tell(step, 'job', { tenant, provider }, { lease, event })
}

function happened({ place: { at, tx, block } }: Step): Happened {
  return { at, tx, block }
}

function drawUntil({ place, market }: Step): number {
  return place.at + market.jobTiming.drawSeconds
}

const freshJob = {
  state: 'opened',
  terms: null,
  begun: null,
  progress: null,
  result: null,
  anchor: null,
  reanchors: 0,
  draws: [],
  challenge: null,
  recalled: null,
  drawUntil: null,
  challengeUntil: null,
  verdictUntil: null,
  passed: null,
  judged: null,
  split: null,
  ended: null,
  charged: 0n,
  toValidators: 0n,
  returned: 0n,
  penalised: 0n,
} satisfies Partial<JobRow>
