import { randomBytes } from 'node:crypto'
import { type ProvenAnswer, RefusedError } from '@tender/network'
import { type Dialable, TenderError } from '@tender/protocol'
import { bytesToHex, type Hex } from 'viem'
import { bad, good, type ProbeResult, wordsOf } from './probeResult.ts'

/** Asks a provider, see `askChallenge`. */
export type AskChallenge = (
  contact: Dialable,
  request: { lease: Hex; nonce: Hex },
  signal: AbortSignal,
) => Promise<ProvenAnswer>

export type Challenged = {
  result: ProbeResult
  /** Somebody with the operator's key was there, even if it gave no answer. */
  reached: boolean
  /** Checked: signed by the key that was dialled, over this lease and nonce. */
  proven?: ProvenAnswer
}

/** Gives a provider a nonce to sign for a lease. Good: the right answer came before the deadline. */
export async function challengeLease(
  ask: AskChallenge,
  { contact, lease, deadlineMs }: { contact: Dialable; lease: Hex; deadlineMs: number },
  signal: AbortSignal,
): Promise<Challenged> {
  const nonce = bytesToHex(randomBytes(32))
  const startedMs = performance.now()
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
    const proven = await ask(contact, { lease, nonce }, within)
    return { result: good(performance.now() - startedMs), reached: true, proven }
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof TenderError ? error.code : wordsOf(error)
    return { result: bad(performance.now() - startedMs, reason), reached: error instanceof RefusedError }
  }
}
