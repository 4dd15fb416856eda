import { LABEL_LENGTH } from './hostLabel.ts'

/** What the first part of a host name says: a lease, and one of its services if it names one. */
export type LeaseHost = { label: string; service?: string }

/** RFC 1035: the most characters between two dots. */
const MAX_PART_LENGTH = 63

/**
 * Reads a host name's first part.
 *
 * @example
 * parseLeaseHost('r45gk2abcdef.example.org')      // { label: 'r45gk2abcdef' }
 * parseLeaseHost('api-r45gk2abcdef.example.org')  // { label: 'r45gk2abcdef', service: 'api' }
 */
export function parseLeaseHost(host: string): LeaseHost {
  const [part = ''] = host.split('.', 1)
  const cut = part.length - LABEL_LENGTH - 1
  if (cut < 1 || part[cut] !== '-') return { label: part }
  return { label: part.slice(cut + 1), service: part.slice(0, cut) }
}

/**
 * A service's name as the part of a host name that stands before the lease's label: other characters become `-`, and what does
 * not fit is left out. Services that come to the same name are told apart by nobody; the first has it.
 *
 * @example
 * serviceLabel('My_API.v2')  // 'my-api-v2'
 */
export function serviceLabel(service: string): string {
  const most = MAX_PART_LENGTH - LABEL_LENGTH - 1
  const plain = service.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
  return plain.replace(/^-+/, '').slice(0, most) || 'x'
}
