/** Where an ingress is reached from outside. */
export type PublicPlace = {
  /** What stands behind a host's first part, e.g. `compute.example.org`. */
  domain: string
  /** Port of plain HTTP; absent: not served. */
  http?: number | undefined
  /** Port of TLS; absent: not served. */
  https?: number | undefined
}

/**
 * The URL of a host at an ingress, encrypted if possible; `undefined` if it is not reached there.
 *
 * @param name the host's first part, see `hostLabel`
 * @param secureOnly the workload ends TLS itself and answers to nothing else
 *
 * @example
 * publicUrl({ domain: 'compute.example.org', http: 80, https: 443 }, 'r45gk2abcdef')  // 'https://r45gk2abcdef.compute.example.org'
 */
export function publicUrl(place: PublicPlace, name: string, { secureOnly = false } = {}): string | undefined {
  const { domain, http, https } = place
  if (https !== undefined) return `https://${name}.${domain}${https === 443 ? '' : `:${https}`}`
  if (http === undefined || secureOnly) return undefined
  return `http://${name}.${domain}${http === 80 ? '' : `:${http}`}`
}
