import { type LeaseView, nearness, shortId, type TenantLease } from '@tender/tenant'
/** What a tenant can do about a lease, the most useful first; whole command lines with why. */
export function nextSteps(
  { status, remainingSeconds, leaseId }: Pick<LeaseView, 'status' | 'remainingSeconds' | 'leaseId'>,
  { pending, prolonging }: Pick<TenantLease, 'pending' | 'prolonging'> = {},
): string[] {
  const id = shortId(leaseId)
  const steps = statusSteps(status, id)
  if (pending && status === 'running') steps.unshift('tender up: an update was cut off and goes on')
  const isNear = ['hour', 'day'].includes(nearness(remainingSeconds))
  const extendsItself = prolonging !== undefined && prolonging.stoppedAt === undefined
  if (isNear && !extendsItself && ['running', 'starting', 'failed', 'silent'].includes(status)) {
    steps.push(`tender extend ${id} 2h: prolong it`)
  }
  return steps
}

function statusSteps(status: LeaseView['status'], id: string): string[] {
  switch (status) {
    case 'running':
      return []
    case 'starting':
      return [`tender logs ${id} -f: see it start`]
    case 'undelivered':
      return ['tender up: send its files']
    case 'failed':
      return [`tender logs ${id}: see why`, 'tender up: mend the file and update it', `tender close ${id}: stop paying`]
    case 'silent':
      return [
        `tender lease show ${id}: look for its provider again, it may just restart`,
        `tender close ${id}: get the rest of the money back; \`tender up\` then orders anew`,
      ]
    case 'ending':
      return ['tender up: order anew, unless another lease replaces it']
    case 'settling':
      return [`tender close ${id}: wait for its provider to settle`, `tender logs ${id}: what it wrote, for some days`]
    case 'ended':
      return [`tender logs ${id}: what it wrote, for some days`, 'tender up: order anew']
    case 'unknown':
      return []
  }
}
