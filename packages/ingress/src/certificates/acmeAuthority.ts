import { TenderError, TimedOutError } from '@tender/protocol/errors'

/** Where a proof of control over a host is shown while the authority looks for it. */
export type Proofs = { show(token: string, keyAuthorization: string): void; hide(token: string): void }

/** A certificate authority that speaks ACME. */
export type Authority = {
  /**
   * Orders a certificate for one host.
   *
   * @returns both PEM; the chain begins with the host's own certificate
   * @throws {TenderError} `acmeFailed`, with `retryAtMs` if the authority said when to come again
   */
  order(host: string, proofs: Proofs): Promise<{ chain: string; key: string }>
}

export type AuthorityOptions = { directory: string; email?: string | undefined; accountKey: string }

const REQUEST_TIMEOUT_MS = 30_000

/** Authorities validate and issue within seconds; some queue for a minute. */
const ORDER_TIMEOUT_MS = 120_000

/** The status of an order is asked for so often: half a second, then ever more seldom, for about a minute and a half. */
const POLL = { backoffAttempts: 16, backoffMin: 500, backoffMax: 8_000 }

/** An account at an authority; it is made with the first order. */
export async function openAuthority({ directory, email, accountKey }: AuthorityOptions): Promise<Authority> {
  // Large, and needed by few.
  const acme = await import('acme-client')
  acme.axios.defaults.timeout = REQUEST_TIMEOUT_MS
  acme.axios.defaults.maxContentLength = 2 ** 20
  // The library would sleep as long as it is told to, up to hours; waiting is decided where failures are remembered.
  Object.assign(acme.axios.defaults, { acmeSettings: { retryMaxAttempts: 0, retryDefaultDelay: 0 } })
  const client = new acme.Client({ directoryUrl: directory, accountKey, ...POLL })

  let retryAtMs: number | undefined
  const { origin } = new URL(directory)
  acme.axios.interceptors.response.use((response) => {
    const asked = response.config.url
    const refused = response.status === 429 || response.status === 503
    if (refused && asked !== undefined && new URL(asked).origin === origin) {
      retryAtMs = parseRetryAfter(response.headers['retry-after'])
    }
    return response
  })

  return {
    async order(host, proofs) {
      retryAtMs = undefined
      try {
        const key = await acme.crypto.createPrivateEcdsaKey('P-256')
        const [, csr] = await acme.crypto.createCsr({ altNames: [host] }, key)
        const chain = client.auto({
          csr,
          ...(email !== undefined && { email }),
          termsOfServiceAgreed: true,
          challengePriority: ['http-01'],
          // From here the host's public address may not be reachable, as behind many routers.
          skipChallengeVerification: true,
          challengeCreateFn: async (_, { token }, keyAuthorization) => proofs.show(token, keyAuthorization),
          challengeRemoveFn: async (_, { token }) => proofs.hide(token),
        })
        return { chain: await within(chain, directory), key: key.toString() }
      } catch (cause) {
        throw new TenderError(`no certificate for ${host}`, {
          code: 'acmeFailed',
          class: 'network',
          hint: 'The authority must reach this host on port 80; the cause says what it found.',
          data: { host, directory, ...(retryAtMs !== undefined && { retryAtMs }) },
          cause,
        })
      }
    },
  }
}

async function within<Result>(work: Promise<Result>, directory: string): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = () => reject(new TimedOutError(`the certificate authority ${directory}`, { limitMs: ORDER_TIMEOUT_MS }))
  const timeout = setTimeout(late, ORDER_TIMEOUT_MS)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timeout)
  }
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function parseRetryAfter(value: unknown): number | undefined {
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Date.now() + seconds * 1000
  const date = Date.parse(String(value))
  return Number.isNaN(date) ? undefined : date
}
