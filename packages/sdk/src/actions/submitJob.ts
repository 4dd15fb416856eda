import { jobsAbi } from '@tender/abi'
import type { JobTerms } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs, stringToHex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type SubmitJobParameters = {
  lease: LeaseReference
  /** As ordered, see `jobTermsHash`. */
  jobTerms: JobTerms
  /** Over all watermarks, see `resultRoot`. */
  resultRoot: Hex
  /** Where the result is found, as text of at most 64 bytes. */
  cid: string
}
export type SubmitJobReturnType = {
  transaction: Hex
  /** The block whose hash draws the validators: from the next one on {@link drawJob} works. */
  anchor: number
}

/**
 * Commits to a job's result, as its provider. Operator or owner only.
 *
 * @throws {ContractError} `NotJobProvider`, `WrongJobState`, `TooLate`, `CidTooLong`
 *
 * @example
 * const { anchor } = await submitJob(market, { lease: terms, jobTerms, resultRoot, cid: 'bafy…' })
 */
export async function submitJob(
  client: MarketClient,
  { lease, jobTerms, resultRoot, cid }: SubmitJobParameters,
): Promise<SubmitJobReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({
      abi: jobsAbi,
      functionName: 'submit',
      args: [terms, jobTerms, resultRoot, stringToHex(cid)],
    }),
  })
  const events = parseEventLogs({ abi: jobsAbi, logs: receipt.logs, eventName: 'JobSubmitted' })
  const { args } = first(events, 'JobSubmitted')
  return { transaction: receipt.transactionHash, anchor: args.anchor }
}
