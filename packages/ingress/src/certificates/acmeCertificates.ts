import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { TenderError } from '@tender/protocol/errors'
import type { Log } from '../log.ts'
import { type Authority, openAuthority } from './acmeAuthority.ts'
import { type AcmeStore, openAcmeStore } from './acmeStore.ts'
import type { Certificates } from './certificates.ts'
import { flawOf, type Loaded, loadCertificate } from './usable.ts'

export type AcmeOptions = {
  /** URL of the authority's directory. */
  directory: string
  email?: string | undefined
  /** Only hosts one part below it get certificates: whoever points a name of theirs here shall not use our account. */
  domain: string
  /** Where the account's key and the certificates are kept; for this alone. */
  dir: string
  /** Orders in an hour, all hosts together. */
  maxOrdersPerHour: number
  log: Log
}

const HOUR_MS = 3_600_000

/** After the first failure; doubled with each that follows. Authorities allow about five failed validations an hour. */
const FIRST_PAUSE_MS = HOUR_MS / 4
const LONGEST_PAUSE_MS = 24 * HOUR_MS

/** The part of a certificate's life after which it is renewed, with the first visit that comes. */
const RENEW_AFTER = 2 / 3

/**
 * Certificates of an authority that speaks ACME (RFC 8555), one for each host, ordered when the first visitor comes and proved
 * by HTTP-01 on the plain listener. A host has one order at a time, and rests after a failed one.
 */
export async function createAcmeCertificates(options: AcmeOptions): Promise<Certificates> {
  const { domain, dir, log } = options
  const store = await openAcmeStore(dir)
  const authority = await openAuthority({ ...options, accountKey: await store.accountKey(newKey) })
  const loaded = new Map<string, Loaded>()
  const proofs = new Map<string, { host: string; keyAuthorization: string }>()
  const order = createOrders({ ...options, store, authority, loaded, proofs })

  async function kept(host: string): Promise<Loaded | undefined> {
    const known = loaded.get(host)
    if (known) return known
    const pem = await store.certificate(host)
    if (!pem) return undefined
    try {
      const certificate = loadCertificate(pem.chain, pem.key)
      loaded.set(host, certificate)
      return certificate
    } catch (error) {
      log('error', 'a kept certificate cannot be read, another is ordered', { host, error })
      return undefined
    }
  }

  const usable = (certificate: Loaded | undefined, host: string) =>
    certificate && flawOf(certificate, host) === undefined ? certificate : undefined

  return {
    async contextFor(host, signal) {
      const [, ...rest] = host.split('.')
      if (rest.join('.') !== domain) {
        log('debug', 'a certificate is wanted for a host outside the domain', { host, domain })
        return undefined
      }
      const before = usable(await kept(host), host)
      if (!before) await orAborted(order(host), signal)
      else if (isDue(before)) void order(host)
      return (before ?? usable(loaded.get(host), host))?.context
    },
    has: (host) => usable(loaded.get(host), host) !== undefined,
    challenge(host, token) {
      const proof = proofs.get(token)
      return proof?.host === host ? proof.keyAuthorization : undefined
    },
  }
}

type OrdersOptions = Pick<AcmeOptions, 'log' | 'maxOrdersPerHour'> & {
  store: AcmeStore
  authority: Authority
  /** What was issued goes here. */
  loaded: Map<string, Loaded>
  /** What is shown while the authority looks for it, by token. */
  proofs: Map<string, { host: string; keyAuthorization: string }>
}

/** Orders certificates, one at a time for each host; resolves when one was issued, or was not and the log says why. */
function createOrders({ store, authority, loaded, proofs, maxOrdersPerHour, log }: OrdersOptions) {
  const orders = new Map<string, Promise<void>>()
  const mayOrder = createBudget(store, maxOrdersPerHour)

  async function issue(host: string): Promise<void> {
    const pem = await authority.order(host, {
      show: (token, keyAuthorization) => void proofs.set(token, { host, keyAuthorization }),
      hide: (token) => void proofs.delete(token),
    })
    const issued = loadCertificate(pem.chain, pem.key)
    await store.keepCertificate(host, pem)
    await store.keepFailure(host, undefined)
    loaded.set(host, issued)
    log('info', 'a certificate was issued', { host, validTo: issued.certificate.validTo })
  }

  async function tryOnce(host: string): Promise<void> {
    const failed = await store.failure(host)
    if (failed && failed.retryAtMs > Date.now()) return
    if (!(await mayOrder())) return log('warn', 'too many certificates were ordered in this hour', { host })
    log('info', 'ordering a certificate', { host })
    try {
      await issue(host)
    } catch (error) {
      const failure = afterFailure(failed?.failures ?? 0, error)
      await store.keepFailure(host, failure)
      log('error', 'no certificate was issued', { host, nextTryAt: new Date(failure.retryAtMs).toISOString(), error })
    }
  }

  return (host: string): Promise<void> => {
    const under = orders.get(host)
    if (under) return under
    const order = tryOnce(host)
      .catch((error) => log('error', 'no certificate could be had', { host, error }))
      .finally(() => orders.delete(host))
    orders.set(host, order)
    return order
  }
}

/** Counts orders over the last hour, durably: a process that is killed again and again counts on. */
function createBudget(store: AcmeStore, maxOrdersPerHour: number): () => Promise<boolean> {
  let turn: Promise<unknown> = Promise.resolve()
  const take = async () => {
    const recent = (await store.orders()).filter((atMs) => atMs > Date.now() - HOUR_MS)
    if (recent.length >= maxOrdersPerHour) return false
    await store.keepOrders([...recent, Date.now()])
    return true
  }
  return () => {
    const taken = turn.then(take)
    turn = taken.catch(() => {})
    return taken
  }
}

function afterFailure(before: number, error: unknown) {
  const asked = error instanceof TenderError ? Number(error.data.retryAtMs ?? 0) : 0
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** before, LONGEST_PAUSE_MS)
  return { failures: before + 1, retryAtMs: Math.max(Date.now() + pauseMs, asked) }
}

function isDue({ certificate: { validFromDate, validToDate } }: Loaded): boolean {
  const lifeMs = validToDate.getTime() - validFromDate.getTime()
  return Date.now() >= validFromDate.getTime() + lifeMs * RENEW_AFTER
}

/** Waits for work that goes on when nobody waits any more. */
async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const aborted = () => resolve()
  signal.addEventListener('abort', aborted)
  if (signal.aborted) resolve()
  await Promise.race([work, promise])
  signal.removeEventListener('abort', aborted)
}

async function newKey(): Promise<string> {
  const options = { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem' } } as const
  const { privateKey } = await promisify(generateKeyPair)('ec', {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return privateKey
}
