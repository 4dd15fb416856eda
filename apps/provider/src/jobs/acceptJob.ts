import { jobTermsHash, jobTermsOf, type Manifest, type MarketDomain, TenderError } from '@tender/protocol'
import { checkAgainstBrief } from '../leases/workload.ts'
import type { JobChange } from './jobBook.ts'
import type { JobRecord } from './jobRecord.ts'

/**
 * What a manifest that came means for its job; `undefined` if it is known already. That it is the one that was ordered was checked.
 * Pure.
 *
 * @throws {TenderError} `jobFixed` for an update, `manifestExceedsBrief`, `jobTermsDiffer`, `secretsInJob`
 */
export function acceptJob(
  record: JobRecord,
  { manifest, revision, secrets }: { manifest: Manifest; revision: number; secrets: Readonly<Record<string, unknown>> },
  domain: MarketDomain,
): JobChange | undefined {
  if (revision > 0) throw refused('jobFixed', 'a job is run as it was ordered', 'conflict')
  if (record.manifest) return undefined
  checkAgainstBrief(manifest)
  const jobTerms = jobTermsOf(manifest.brief)
  if (!jobTerms || jobTermsHash(domain, jobTerms) !== record.terms.jobTerms) {
    throw refused('jobTermsDiffer', "the manifest's terms are not those of the lease", 'user')
  }
  if (Object.keys(secrets).length > 0) throw refused('secretsInJob', 'validators could not have the secrets', 'user')
  return { manifest, jobTerms }
}

function refused(code: string, message: string, kind: 'user' | 'conflict'): TenderError {
  return new TenderError(message, { code, class: kind })
}
