import type { Driver } from '@tender/driver'
import type { Challenge, ChallengeReply, SignedStarted } from '@tender/network'
import { type MarketDomain, TenderError, typedData } from '@tender/protocol'
import { type Hex, type LocalAccount, zeroHash } from 'viem'
import type { LeaseBook } from '../leases/leaseBook.ts'
import type { LeaseRecord } from '../leases/leaseRecord.ts'

export type ChallengeOptions = {
  /** The operator's. */
  account: LocalAccount
  domain: MarketDomain
  leases: Pick<LeaseBook, 'get' | 'update'>
  driverFor(kind: string): Driver | undefined
  /** Looks on the chain for a lease that was opened so recently that no event of it has come. */
  discover(leaseId: Hex, signal: AbortSignal): Promise<void>
  /** Where a lease's workload answers the public. */
  urlOf(leaseId: Hex): string | undefined
  nowSeconds(): number
}

/**
 * Signs for a monitor how a lease's workload is now.
 *
 * @throws {TenderError} `unknownLease`
 */
export async function answerChallenge(
  options: ChallengeOptions,
  { lease, nonce }: Challenge,
  signal: AbortSignal,
): Promise<ChallengeReply> {
  const { account, domain, leases, discover, urlOf, nowSeconds } = options
  if (!leases.get(lease)) await discover(lease, signal)
  const record = leases.get(lease)
  if (!record) throw new TenderError('no such lease', { code: 'unknownLease', class: 'notFound' })
  const serves = record.manifest?.services.some(({ ports }) => ports.length > 0) ?? false
  const said = {
    at: nowSeconds(),
    running: await isWell(options, record),
    url: (serves ? urlOf(lease) : undefined) ?? '',
  }
  const signature = await account.signTypedData(typedData(domain, 'ChallengeAnswer', { lease, nonce, ...said }))
  const started = await startedOf(options, lease)
  return { ...said, signature, ...(started && { started }) }
}

/** By the workload's own health checks, asked now. */
async function isWell({ driverFor, nowSeconds }: ChallengeOptions, record: LeaseRecord): Promise<boolean> {
  const { phase, handle, chain } = record
  const driver = handle && driverFor(handle.driver)
  if (phase !== 'running' || !driver || chain.stop <= nowSeconds()) return false
  const status = await driver.inspect(handle).catch((error) => {
    if (error instanceof TenderError) return undefined
    throw error
  })
  return status?.state === 'running' && status.waitingFor === undefined
}

/** What was signed once, kept: it is shown for as long as the lease lives. */
async function startedOf(
  { account, domain, leases }: ChallengeOptions,
  lease: Hex,
): Promise<SignedStarted | undefined> {
  const record = leases.get(lease)
  if (record?.started || record?.readyAt === undefined) return record?.started
  const started = { lease, at: record.readyAt, inputs: zeroHash }
  const signature = await account.signTypedData(typedData(domain, 'Started', started))
  leases.update(lease, { started: { started, signature } })
  return { started, signature }
}
