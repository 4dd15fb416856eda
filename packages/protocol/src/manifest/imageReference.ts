import { badText } from '../decimal.ts'

const hint = 'Write it like "nginx:1.29", "ghcr.io/owner/app@sha256:…", or "./app.tar" for a file.'
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const hostPattern = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/

/**
 * An image's name in full, as Docker reads it: the registry is Docker Hub, its library and the tag `latest` unless said.
 *
 * @throws {InvalidInputError}
 * @example
 * imageReference('nginx') // 'docker.io/library/nginx:latest'
 */
export function imageReference(text: string): string {
  const [named = '', digest, ...more] = text.split('@')
  if (more.length > 0 || (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)))
    throw badText('an image', text, 'after @ stands sha256: and 64 hexadecimal digits', hint)
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  const tag = tagged ? named.slice(colon + 1) : undefined
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag))
    throw badText('an image', text, 'its tag cannot be one', hint)
  const { host, repository } = placeOf(tagged ? named.slice(0, colon) : named)
  if (!hostPattern.test(host)) throw badText('an image', text, `${host} is no registry`, hint)
  if (!repositoryPattern.test(repository))
    throw badText('an image', text, 'it takes lower-case letters, digits and . _ - /', hint)
  const version = tag ?? (digest === undefined ? 'latest' : undefined)
  const reference = `${host}/${repository}${version === undefined ? '' : `:${version}`}${digest === undefined ? '' : `@${digest}`}`
  if (!isPublicRegistry(reference))
    throw badText(
      'an image',
      text,
      'a provider fetches nothing from its own network',
      'Push it to a public registry, or write ./app.tar.',
    )
  return reference
}

/** What stands before the first slash is a registry if it looks like a host. */
function placeOf(name: string): { host: string; repository: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, slash)
  if (slash > 0 && (/[.:]/.test(first) || first === 'localhost')) {
    const host = first === 'index.docker.io' ? 'docker.io' : first
    const rest = name.slice(slash + 1)
    return { host, repository: host === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest }
  }
  return { host: 'docker.io', repository: slash < 0 ? `library/${name}` : name }
}

/**
 * True if the registry of a full reference has a public name: not an address, which could be one of the provider's own
 * network, nor a name that only such a network knows.
 */
export function isPublicRegistry(reference: string): boolean {
  const host = reference.slice(0, reference.indexOf('/')).replace(/:\d+$/, '')
  if (!/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(host)) return false
  return !/\.(?:localhost|local|localdomain|internal|intranet|lan|home|corp|test|invalid|arpa)$/.test(host)
}

/** True if it names its content, which then cannot change. */
export function hasDigest(reference: string): boolean {
  return reference.includes('@sha256:')
}
