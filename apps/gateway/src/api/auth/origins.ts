import { TenderError } from '@tender/protocol'

/** Where pages of this gateway are, as far as it can know: what a wallet signs for, and whose requests a cookie counts in. */
export type Origins = {
  /** Whether the session's cookie goes over TLS only. */
  readonly secure: boolean
  /**
   * The origin that was asked at.
   *
   * @throws {TenderError} `noPublicUrl` if it is not one that the gateway knows as its own
   */
  own(host: string | undefined): URL
  /** Whether a browser says that a request came from a page of this gateway, or nothing said anything. */
  fromOwnPage(headers: { host: string | undefined; origin: string | undefined; site: string | undefined }): boolean
}

/** Nobody can make a browser send these names to another machine. */
const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/

/**
 * A `Host` header is not proof of where a page is: a stranger's page may forward what was asked of it. So it counts only where it
 * names this machine itself; everything else is `publicUrl`.
 */
export function createOrigins(publicUrl: string | undefined): Origins {
  const known = publicUrl === undefined ? undefined : new URL(publicUrl)
  function find(host: string | undefined): URL | undefined {
    if (host !== undefined && loopback.test(host)) return new URL(`http://${host}`)
    return known
  }
  return {
    secure: known?.protocol === 'https:',
    own(host) {
      const url = find(host)
      if (url) return url
      throw new TenderError('this gateway does not know under which address pages find it', {
        code: 'noPublicUrl',
        class: 'conflict',
        hint: 'Whoever runs it sets http.publicUrl in its configuration.',
      })
    },
    fromOwnPage({ host, origin, site }) {
      if (origin !== undefined) return origin === find(host)?.origin || origin === known?.origin
      return site === undefined || site === 'same-origin' || site === 'none'
    },
  }
}
