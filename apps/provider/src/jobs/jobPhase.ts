import type { JobRecord } from './jobRecord.ts'

/**
 * How far a job is, for people. `opened`: its manifest is awaited. `fetching`: its bundle is. `ready`: to be begun. `finished`: every
 * task ran, to be submitted. `failed`: it cannot be run here.
 */
export const jobPhases = [
  'opened',
  'fetching',
  'ready',
  'running',
  'finished',
  'submitted',
  'drawn',
  'challenged',
  'recalled',
  'redrawn',
  'ended',
  'failed',
] as const
export type JobPhase = (typeof jobPhases)[number]

/** @param open tasks that are not done. Follows from what is known: there is no second truth to keep. */
export function jobPhaseOf({ chain, manifest, bundled, failed }: JobRecord, open: number): JobPhase {
  const { state, challenged } = chain
  if (failed !== undefined && (state === 'opened' || state === 'begun')) return 'failed'
  if (state === 'opened') return manifest ? (bundled ? 'ready' : 'fetching') : 'opened'
  if (state === 'begun') return open > 0 ? 'running' : 'finished'
  return state === 'drawn' && challenged ? 'challenged' : state
}
