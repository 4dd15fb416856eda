import { NotFoundError, TenderError } from '@tender/protocol'
import { askControl, type ProviderStatus } from '@tender/provider'
import { shortId } from '@tender/tenant'
import type { Hex } from 'viem'

/** How the provider that runs over a state directory is. @throws {NotFoundError} `providerNotRunning` */
export async function askRunning(stateDir: string): Promise<ProviderStatus> {
  // CAST: it comes from our own process, over a socket that only this account can open
  return JSON.parse(await askControl(stateDir)) as ProviderStatus
}

/**
 * The lease of a running provider whose id begins so.
 *
 * @throws {NotFoundError} `providerNotRunning`, `unknownLease`; {TenderError} `ambiguous`
 */
export async function findRunningLease(stateDir: string, prefix: string): Promise<Hex> {
  const { leases } = await askRunning(stateDir)
  const wanted = prefix.toLowerCase()
  const matches = leases
    .map(({ leaseId }) => leaseId)
    .filter((id) => id.startsWith(wanted) || id.slice(2).startsWith(wanted))
  const [only, ...others] = matches
  const hint = 'List them with `tender provider status`.'
  if (only === undefined) {
    throw new NotFoundError(`no lease of this provider begins with ${prefix}`, { code: 'unknownLease', hint })
  }
  if (others.length === 0) return only
  throw new TenderError(
    `${matches.length} leases begin with ${prefix}: ${matches.slice(0, 5).map(shortId).join(', ')}`,
    {
      code: 'ambiguous',
      class: 'user',
      hint: 'Give more of the id.',
    },
  )
}
