import type { Duplex } from 'node:stream'
import { type FindRoute, hostLabel, parseLeaseHost, type ReadyRoute } from '@tender/ingress'
import { BusyError, type NetworkNode, openIngress, type PublishedLeases, RefusedError } from '@tender/network'
import type { Dialable } from '@tender/protocol'
import type { Hex } from 'viem'

export type RelayRoutesOptions = {
  node: NetworkNode
  /** `undefined` until providers can publish. */
  published(): Pick<PublishedLeases, 'find' | 'leases'> | undefined
  /** Hosts elsewhere have no route. */
  domain: string
  /** Connections for one lease at once. */
  maxPerLease: number
}

/** Who ends the TLS of a host, as its provider says. `nobody`: there is no such host. */
type Ending = 'workload' | 'relay' | 'nobody'

/** What a provider said of a host may change with an update of its workload. */
const ASK_AGAIN_MS = 30_000
const MAX_KNOWN_HOSTS = 10_000
const ASK_TIMEOUT_MS = 10_000

/** Told when nobody visits, but the relay itself asks. */
const NO_VISITOR = '0.0.0.0'

/** The ways from hosts to the providers that published their leases. */
export function createRelayRoutes(options: RelayRoutesOptions): { route: FindRoute; passThrough: FindRoute } {
  const { node, domain } = options
  const findLease = createLeaseFinder(options)
  const open = createOpener(options)
  const endings = new Map<string, { said: Promise<Ending>; atMs: number }>()

  async function ask(lease: Hex, provider: Dialable, host: string): Promise<Ending> {
    try {
      const signal = AbortSignal.timeout(ASK_TIMEOUT_MS)
      const request = { lease, host, secure: true, clientAddress: NO_VISITOR }
      const connection = await openIngress(node, provider, request, signal)
      connection.on('error', () => {}).destroy()
      return 'workload'
    } catch (error) {
      if (error instanceof RefusedError && error.code === 'tlsEndsAtRelay') return 'relay'
      if (error instanceof RefusedError && error.code === 'unknownHost') return 'nobody'
      throw error
    }
  }

  /** What the provider says, asked at most once in a while. */
  function endingOf(lease: Hex, provider: Dialable, host: string): Promise<Ending> {
    const known = endings.get(host)
    if (known && known.atMs > Date.now() - ASK_AGAIN_MS) return known.said
    const said = ask(lease, provider, host)
    endings.delete(host)
    endings.set(host, { said, atMs: Date.now() })
    said.catch(() => endings.delete(host))
    const [oldest] = endings.keys()
    if (endings.size > MAX_KNOWN_HOSTS && oldest !== undefined) endings.delete(oldest)
    return said
  }

  function found(host: string) {
    const [, ...rest] = host.split('.')
    const lease = rest.join('.') === domain ? findLease(parseLeaseHost(host).label) : undefined
    const provider = lease && options.published()?.find(lease)
    return lease && provider && { lease, provider }
  }

  function readyRoute(lease: Hex, provider: Dialable, host: string, secure: boolean): ReadyRoute {
    return {
      state: 'ready',
      key: `${provider.publicKey} ${lease}`,
      headers: {},
      connect: (signal, { address: clientAddress = NO_VISITOR }) =>
        open(provider, { lease, host, secure, clientAddress }, signal),
    }
  }

  return {
    async route(host) {
      const to = found(host)
      if (!to) return undefined
      // For a plain request the provider says so itself; a TLS connection has asked before, and must get no certificate.
      const known = await endings.get(host)?.said.catch(() => undefined)
      return known === 'nobody' ? undefined : readyRoute(to.lease, to.provider, host, false)
    },
    async passThrough(host) {
      const to = found(host)
      if (!to) return undefined
      try {
        const ending = await endingOf(to.lease, to.provider, host)
        return ending === 'workload' ? readyRoute(to.lease, to.provider, host, true) : undefined
      } catch {
        return { state: 'failed', reason: 'its provider cannot be reached' }
      }
    },
  }
}

/** Finds the published lease of a label. A stranger's host that has none costs nothing but a look. */
function createLeaseFinder({ published }: RelayRoutesOptions): (label: string) => Hex | undefined {
  let known: { leases: readonly Hex[]; byLabel: ReadonlyMap<string, Hex> } = { leases: [], byLabel: new Map() }
  return (label) => {
    const leases = published()?.leases() ?? []
    if (leases !== known.leases) known = { leases, byLabel: new Map(leases.map((lease) => [hostLabel(lease), lease])) }
    return known.byLabel.get(label)
  }
}

type Wanted = Parameters<typeof openIngress>[2]

/** Opens connections to providers, so many for each lease at once. */
function createOpener({ node, maxPerLease }: RelayRoutesOptions) {
  const open = new Map<Hex, number>()
  const count = (lease: Hex, by: number) => {
    const now = (open.get(lease) ?? 0) + by
    if (now > 0) open.set(lease, now)
    else open.delete(lease)
  }
  return async (provider: Dialable, wanted: Wanted, opening: AbortSignal): Promise<Duplex> => {
    opening.throwIfAborted()
    if ((open.get(wanted.lease) ?? 0) >= maxPerLease) throw new BusyError('tooManyStreams')
    count(wanted.lease, 1)
    // Aborting it would break off the connection that was opened, and `opening` aborts in time.
    const given = new AbortController()
    const giveUp = () => given.abort(opening.reason)
    opening.addEventListener('abort', giveUp)
    try {
      const connection = await openIngress(node, provider, wanted, given.signal)
      connection.on('close', () => count(wanted.lease, -1))
      return connection
    } catch (error) {
      count(wanted.lease, -1)
      throw error
    } finally {
      opening.removeEventListener('abort', giveUp)
    }
  }
}
