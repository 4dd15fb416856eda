import { type NetworkNode, peerIdOfPublicKey } from '@tender/network/browser'
import { type Dialable, failureClass, UnreachableError } from '@tender/protocol'
import { sleep } from './sleep.ts'

/** A provider says where it is when it starts, and then every minute. */
const LISTEN_MS = 75_000

/** Where it is known to be, it answers at once or not at all. */
const DIAL_MS = 10_000

/** Between two tries to dial it. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 2_000

/** Most addresses that are kept. */
const MAX_ADDRESSES = 8

export type SoughtPeer = {
  /** Provider's number: who speaks for it, the registry says. */
  provider: bigint
  /** Where it was before. */
  known: Dialable
  /** The market's first peers: one of them may be it, any may relay to it. */
  bootstrap: readonly string[]
}

/**
 * Connects to a provider that moved: where the market's profile has it, through the relays there, or where it says itself that
 * it is, for which this listens to gossip.
 *
 * @returns where it is now; connected
 * @throws {UnreachableError} `providerSilent`
 */
export async function findPeer(node: NetworkNode, sought: SoughtPeer, signal: AbortSignal): Promise<Dialable> {
  const over = new AbortController()
  const within = AbortSignal.any([signal, over.signal, AbortSignal.timeout(LISTEN_MS)])
  try {
    return await Promise.any([dialCandidates(node, sought, within), listenFor(node, sought, within)])
  } catch (cause) {
    signal.throwIfAborted()
    throw new UnreachableError(`provider ${sought.provider} cannot be reached, neither where it was nor elsewhere`, {
      code: 'providerSilent',
      hint: 'It may be starting anew: try again in a minute. If it stays away, `tender close` brings back what is not used.',
      cause,
    })
  } finally {
    over.abort()
  }
}

/** It may just be starting where it was, so this tries again and again. */
async function dialCandidates(
  node: NetworkNode,
  { known, bootstrap }: SoughtPeer,
  signal: AbortSignal,
): Promise<Dialable> {
  const { publicKey } = known
  const addresses = [...candidatesOf(publicKey, bootstrap), ...known.addresses].slice(0, MAX_ADDRESSES)
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      await node.dial({ publicKey, addresses }, AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)]))
      return { publicKey, addresses }
    } catch (error) {
      signal.throwIfAborted()
      if (failureClass(error) !== 'network') throw error
      await sleep(pauseMs, signal)
    }
  }
}

/** Itself, if it is one of the first peers; else a way through each of them. */
function candidatesOf(publicKey: Dialable['publicKey'], bootstrap: readonly string[]): string[] {
  const name = peerIdOfPublicKey(publicKey).toString()
  const own = bootstrap.filter((address) => address.endsWith(`/p2p/${name}`))
  const relays = bootstrap.filter((address) => !own.includes(address) && /\/p2p\/[^/]+$/.test(address))
  return [...own, ...relays.map((address) => `${address}/p2p-circuit/p2p/${name}`)]
}

async function listenFor(node: NetworkNode, { provider }: SoughtPeer, signal: AbortSignal): Promise<Dialable> {
  const { promise, resolve, reject } = Promise.withResolvers<Dialable>()
  // That the author speaks for the provider was checked against the registry.
  const stop = node.availability.listen(({ envelope: { availability, publicKey, addresses } }) => {
    if (availability.provider === provider) resolve({ publicKey, addresses: addresses.slice(0, MAX_ADDRESSES) })
  })
  const end = () => reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  try {
    signal.throwIfAborted()
    const found = await promise
    await node.dial(found, AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)]))
    return found
  } finally {
    signal.removeEventListener('abort', end)
    stop()
  }
}
