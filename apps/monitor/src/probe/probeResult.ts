/** What one probe found. */
export type ProbeResult = {
  outcome: 'good' | 'bad'
  /** Until the answer began, milliseconds; of a bad one how long it was waited for. */
  latencyMs: number
  /** What was wrong, for people; empty if nothing. */
  detail: string
}

/** Most characters of {@link ProbeResult.detail}: it is part of the evidence that everybody hashes. */
const MAX_DETAIL_CHARACTERS = 80

export function good(latencyMs: number): ProbeResult {
  return { outcome: 'good', latencyMs: Math.round(latencyMs), detail: '' }
}

export function bad(latencyMs: number, reason: string): ProbeResult {
  // Names and codes come from strangers' machines: evidence holds plain words only.
  const detail = reason.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, MAX_DETAIL_CHARACTERS)
  return { outcome: 'bad', latencyMs: Math.round(latencyMs), detail }
}

/** What an error of a socket says, without the address: the code if it has one. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed'
  // CAST: Node puts system codes there, and its types do not say so.
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : error.message
}
