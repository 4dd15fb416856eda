import { hostLabel } from '@tender/ingress'
import type { Hex } from 'viem'

/** Longest URL that is taken: host names have at most 253 characters. */
const MAX_URL_CHARACTERS = 512

/**
 * Where a lease answers the public, if a provider's word for it can be the truth: the host's first part is the lease's own label,
 * below some domain, and nothing but `/` stands behind it. `undefined` for anything else: a provider may not send monitors to a place
 * that is not this lease's.
 *
 * @example
 * leaseUrl('http://r45gk2abcdef.localhost:8546', lease)  // URL, if that is the lease's label
 */
export function leaseUrl(text: string, lease: Hex): URL | undefined {
  if (text.length > MAX_URL_CHARACTERS || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (!['http:', 'https:'].includes(url.protocol)) return undefined
  if (url.username || url.password || url.search || url.hash || !['', '/'].includes(url.pathname)) return undefined
  const [label, ...domain] = url.hostname.split('.')
  return label === hostLabel(lease) && domain.length > 0 ? url : undefined
}

/** Names below `localhost` mean the loopback address, whatever a resolver says. */
export function addressIn(hostname: string): string {
  const name = hostname.replace(/^\[|\]$/g, '')
  return name === 'localhost' || name.endsWith('.localhost') ? '127.0.0.1' : name
}
