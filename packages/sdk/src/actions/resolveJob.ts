import { jobsAbi } from '@tender/abi'
import { type JobTerms, leaseId } from '@tender/protocol'
import { type Address, encodeFunctionData, getAddress, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type JobEnd, jobEnd } from '../internal/jobEnd.ts'
import { validatorsOf } from '../internal/jobEvents.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type ResolveJobParameters = {
  lease: LeaseReference
  /** As ordered, see `jobTermsHash`. */
  jobTerms: JobTerms
  passed: boolean
  /** Of the same verdict, see `signVerdict`. Those of others than the validators are left out. */
  signatures: readonly { validator: Address; signature: Hex }[]
}
export type ResolveJobReturnType = JobEnd

/**
 * Ends a job by a verdict that more than half of its validators signed. By anyone.
 *
 * @throws {ContractError} `MajorityMissing`, `InvalidVerdict`, `TooEarly`, `TooLate`
 *
 * @example
 * await resolveJob(market, { lease: leaseId, jobTerms, passed: true, signatures: [{ validator, signature }] })
 */
export async function resolveJob(
  client: MarketClient,
  { lease, jobTerms, passed, signatures }: ResolveJobParameters,
): Promise<ResolveJobReturnType> {
  const terms = await termsOf(client, lease)
  const validators = await validatorsOf(client, leaseId(terms))
  const byValidator = new Map(signatures.map(({ validator, signature }) => [getAddress(validator), signature]))
  const signers = validators.flatMap((validator, index) => (byValidator.has(validator) ? [index] : []))
  const signed = validators.flatMap((validator) => byValidator.get(validator) ?? [])
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({
      abi: jobsAbi,
      functionName: 'resolve',
      args: [terms, jobTerms, passed, validators, signers, signed],
    }),
  })
  return jobEnd(receipt)
}
