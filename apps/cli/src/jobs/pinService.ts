import { readFile } from 'node:fs/promises'
import { type ContentStore, filecoinArchive, kuboPinning, type PinningService, pinningApi } from '@tender/content'
import { InvalidInputError, NotFoundError } from '@tender/protocol'
import { resultRoot } from '@tender/tenant/jobs'
import type { Hex } from 'viem'

/** Of a file with a token or a key. */
const MAX_SECRET_CHARACTERS = 8192

/** Where results can be kept, as a command line says it. */
export const SERVICE_FORMS =
  'kubo+http://127.0.0.1:5001, psa+https://pins.example/psa, filecoin:mainnet or filecoin:calibration (?rpc=URL for a node of your own)'

/**
 * A service that keeps content, from how a command line names it, see {@link SERVICE_FORMS}.
 *
 * @param secret its token, or the key of the wallet that pays on Filecoin
 * @throws {InvalidInputError} for what names no service
 */
export function pinningService(where: string, secret: string | undefined): PinningService {
  const url = URL.canParse(where) ? new URL(where) : undefined
  const [kind = '', scheme] = url?.protocol.slice(0, -1).split('+') ?? []
  const isWeb = scheme === 'http' || scheme === 'https'
  const options = { url: where.slice(kind.length + 1), ...(secret && { token: secret }) }
  if (kind === 'kubo' && isWeb) return kuboPinning(options)
  if (kind === 'psa' && isWeb) return pinningApi(options)
  const chain = url?.pathname
  if (where.startsWith('filecoin:') && (chain === 'mainnet' || chain === 'calibration')) {
    const rpcUrl = url?.searchParams.get('rpc')
    // CAST: the archive says so itself where it is no key
    return filecoinArchive({ chain, key: (secret ?? '') as Hex, ...(rpcUrl && { rpcUrl }) })
  }
  throw new InvalidInputError('it names no service that keeps content', [{ message: `write one of ${SERVICE_FORMS}` }])
}

/** The first line of a file with a token or a key. @throws {NotFoundError} */
export async function readSecret(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  const text = await readFile(file, 'utf8').catch((cause) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new NotFoundError(`the file ${file} does not exist`, { code: 'fileNotFound' })
  })
  return text.slice(0, MAX_SECRET_CHARACTERS).split(/\r?\n/, 1)[0]?.trim()
}

/** What a service says of one lease's result; `notHere` where nothing was brought from its provider. */
export type PinnedResult = {
  leaseId: Hex
  cid?: string
  state: Awaited<ReturnType<PinningService['state']>> | 'notHere'
}

/** Asks a service to keep the results of leases, or no longer to. What is not in the store is left out. */
export async function keepResults(
  service: PinningService,
  store: ContentStore,
  { leases, name, release }: { leases: readonly Hex[]; name: string; release: boolean },
  signal: AbortSignal,
): Promise<PinnedResult[]> {
  const kept: PinnedResult[] = []
  for (const leaseId of leases) {
    const cid = resultRoot(store, leaseId)
    if (!cid) {
      kept.push({ leaseId, state: 'notHere' })
      continue
    }
    if (release) await service.unpin(cid, signal)
    const state = release ? await service.state(cid, signal) : await service.pin({ cid, name, store }, signal)
    kept.push({ leaseId, cid: cid.toString(), state })
  }
  return kept
}
