import { bytes32Schema } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Context } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { checkService, type JobHint } from '../jobs/checkService.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'

const ofJob: JobHint = (id) =>
  `Monitors report on what serves, and ratings are of that: how a job was judged \`tender job show ${id}\` says.`

/**
 * A lease of this machine's records by the beginning of its id, or any by its whole id: of what monitors report on.
 *
 * @throws {TenderError} `isJob` if it is known to be one
 */
export async function leaseIdOf({ home }: Pick<Context, 'home'>, market: string, prefix: string): Promise<Hex> {
  const { leases } = await openTenantRecords(marketDirectory(home, market))
  const whole = bytes32Schema.safeParse(prefix)
  const record = whole.success ? await leases.get(whole.data) : await leases.find(prefix)
  if (record) checkService(record, ofJob)
  return record?.leaseId ?? bytes32Schema.parse(prefix)
}
