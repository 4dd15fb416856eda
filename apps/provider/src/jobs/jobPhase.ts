import type { JobPhase } from '@tender/network'
import type { JobRecord } from './jobRecord.ts'

/** How far a job is. It follows from what is known: there is no second truth to keep. @param open tasks that are not done */
export function jobPhaseOf({ chain, manifest, bundled, failed }: JobRecord, open: number): JobPhase {
  const { state, challenged } = chain
  if (failed !== undefined && (state === 'opened' || state === 'begun')) return 'failed'
  if (state === 'opened') return manifest ? (bundled ? 'ready' : 'fetching') : 'opened'
  if (state === 'begun') return open > 0 ? 'running' : 'finished'
  return state === 'drawn' && challenged ? 'challenged' : state
}
