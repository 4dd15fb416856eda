import { InvalidInputError, TenderError, TimedOutError, UnreachableError } from '@tender/protocol'
import type { CID } from 'multiformats/cid'
import { type Hex, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { ContentLimitError } from '../errors.ts'
import type { ContentStore } from '../store.ts'
import type { PinningService, PinState } from './pinningService.ts'
import { streamOf } from './streamOf.ts'

// Filecoin's warm storage ("Filecoin Onchain Cloud") by its SDK: a DAG becomes one piece, which is its CAR file; storage providers keep
// it, prove every day on Filecoin's chain that they do, and are paid out of what the wallet has deposited there.

export type FilecoinOptions = {
  chain: 'mainnet' | 'calibration'
  /**
   * The private key of the wallet that pays. It signs and is sent nowhere. Give it a wallet of its own: deposit in it what archiving
   * may cost, nothing here moves more money.
   */
  key: Hex
  /** JSON-RPC of a node of Filecoin; a public one unless told. */
  rpcUrl?: string
  /** Storage providers that keep it, two unless told. */
  copies?: number
  /** For a whole upload and the transaction that follows, half an hour unless told. */
  timeoutMs?: number
}

const COPIES = 2
const PIN_TIMEOUT_MS = 30 * 60_000
/** For what asks the chain and a storage provider a few questions. */
const ASK_TIMEOUT_MS = 60_000

/** Pieces of one account that are looked through; each is a question to the chain, asked so many at a time. */
const MAX_PIECES = 10_000
const ASKED_AT_ONCE = 50

/** Marks what this project archives, so that nothing else of the wallet's is looked at or deleted. */
const SOURCE = 'tender'

/** Longest value that the chain keeps beside a piece. */
const MAX_NAME_CHARACTERS = 128

/**
 * An archive on Filecoin. Its SDK is loaded when it is first used.
 *
 * `pin` asks the chain first what it costs, and uploads only what is deposited and approved. It resolves once the chain has confirmed
 * that at least one storage provider keeps the piece. `state` finds a DAG by the root that is written beside its piece, so it needs no
 * records here. `unpin` asks the providers to delete it, which ends its cost with the next proof.
 *
 * Besides what {@link PinningService} says, `pin` throws a TenderError `archiveUnpaid`, and a {@link ContentLimitError} for more than
 * one piece holds (about 1 GiB). What the SDK has begun with the chain goes on in the background when a signal aborts.
 *
 * It was run against an HTTP server that answers as the SDK's own published mocks do, and not against Filecoin itself.
 *
 * @throws {InvalidInputError} for a key that is none; the key is in no error
 * @example
 * const archive = filecoinArchive({ chain: 'calibration', key })
 * await archive.pin({ cid, name: 'results', store }, signal)   // 'pinned'
 */
export function filecoinArchive(options: FilecoinOptions): PinningService {
  const { key, timeoutMs = PIN_TIMEOUT_MS } = options
  if (!/^0x[0-9a-f]{64}$/i.test(key)) {
    throw new InvalidInputError('the wallet is wrong', [{ message: 'its key is not 0x and 64 hex digits' }])
  }
  const session = once(() => openSession(options))
  return {
    pin: ({ cid, name, store }, signal) =>
      within(timeoutMs, signal, async (either): Promise<PinState> => {
        const opened = await session()
        if ((await opened.find(cid, either)).length > 0) return 'pinned'
        await opened.upload({ cid, name, store }, either)
        return 'pinned'
      }),
    state: (cid, signal) =>
      within(ASK_TIMEOUT_MS, signal, async (either): Promise<PinState> => {
        const found = await (await session()).find(cid, either)
        return found.length > 0 ? 'pinned' : 'absent'
      }),
    unpin: (cid, signal) =>
      within(ASK_TIMEOUT_MS, signal, async (either) => {
        for (const { remove } of await (await session()).find(cid, either)) await remove()
      }),
  }
}

/** A piece that holds a DAG, at one storage provider. */
type Found = { remove(): Promise<unknown> }

async function openSession({ chain, key, rpcUrl, copies = COPIES }: FilecoinOptions) {
  const [sdk, { WarmStorageService }] = await Promise.all([
    import('@filoz/synapse-sdk'),
    import('@filoz/synapse-sdk/warm-storage'),
  ])
  const { IPFS_ROOT_CID, WITH_IPFS_INDEXING } = sdk.METADATA_KEYS
  const synapse = sdk.Synapse.create({
    account: privateKeyToAccount(key),
    chain: chain === 'mainnet' ? sdk.mainnet : sdk.calibration,
    transport: http(rpcUrl, { batch: true }),
    source: SOURCE,
  })
  const { storage } = synapse
  const warmStorage = new WarmStorageService({ client: synapse.client })
  const { MIN_UPLOAD_SIZE, MAX_UPLOAD_SIZE } = sdk.SIZE_CONSTANTS

  async function findIn(dataSetId: bigint, cid: CID, signal: AbortSignal): Promise<Found[]> {
    const context = await storage.createContext({ dataSetId })
    const leaving = new Set(await context.getScheduledRemovals())
    const ids = []
    for await (const { pieceId } of context.getPieces()) {
      signal.throwIfAborted()
      if (ids.length >= MAX_PIECES) throw refused(`the account archives more than ${MAX_PIECES} pieces`)
      if (!leaving.has(pieceId)) ids.push(pieceId)
    }
    const found: Found[] = []
    for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) {
      signal.throwIfAborted()
      const some = ids.slice(at, at + ASKED_AT_ONCE)
      const roots = await Promise.all(
        some.map((pieceId) => warmStorage.getPieceMetadataByKey({ dataSetId, pieceId, key: IPFS_ROOT_CID })),
      )
      for (const [index, piece] of some.entries()) {
        if (roots[index] === cid.toString()) found.push({ remove: () => context.deletePiece({ piece }) })
      }
    }
    return found
  }

  return {
    async find(cid: CID, signal: AbortSignal): Promise<Found[]> {
      const found: Found[] = []
      for (const { isLive, metadata, pdpVerifierDataSetId } of await storage.findDataSets()) {
        if (isLive && metadata.source === SOURCE) found.push(...(await findIn(pdpVerifierDataSetId, cid, signal)))
      }
      return found
    },

    async upload({ cid, name, store }: { cid: CID; name: string; store: ContentStore }, signal: AbortSignal) {
      const bytes = await carBytes(store, cid, signal)
      if (bytes > MAX_UPLOAD_SIZE)
        throw new ContentLimitError('bytes in a piece of Filecoin', { limit: MAX_UPLOAD_SIZE })
      if (bytes < MIN_UPLOAD_SIZE) throw refused(`Filecoin takes no less than ${MIN_UPLOAD_SIZE} bytes`)
      const contexts = await storage.createContexts({ copies, metadata: { [WITH_IPFS_INDEXING]: '' } })
      signal.throwIfAborted()
      const { costs } = await storage.prepare({ context: contexts, dataSize: BigInt(bytes) })
      if (!costs.ready) throw unpaid(costs)
      const pieceMetadata = { [IPFS_ROOT_CID]: cid.toString(), name: name.slice(0, MAX_NAME_CHARACTERS) }
      await storage.upload(streamOf(store.exportCar(cid, signal)), { contexts, pieceMetadata, signal })
    },
  }
}

/** How long its CAR file is: nothing is paid for that is found to be too large on the way. */
async function carBytes(store: ContentStore, cid: CID, signal: AbortSignal): Promise<number> {
  let bytes = 0
  for await (const piece of store.exportCar(cid, signal)) bytes += piece.byteLength
  return bytes
}

/** Opened once; a failure is forgotten. */
function once<Value>(open: () => Promise<Value>): () => Promise<Value> {
  let opened: Promise<Value> | undefined
  return () => {
    opened ??= open().catch((error) => {
      opened = undefined
      throw error
    })
    return opened
  }
}

/** The SDK takes no signal in most places: then it is left to itself. */
async function within<Result>(
  limitMs: number,
  signal: AbortSignal,
  work: (either: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = AbortSignal.timeout(limitMs)
  const either = AbortSignal.any([signal, deadline])
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(either.reason)
  try {
    either.throwIfAborted()
    either.addEventListener('abort', abort)
    return await Promise.race([work(either), aborted])
  } catch (cause) {
    signal.throwIfAborted()
    if (deadline.aborted) throw new TimedOutError('the archive on Filecoin', { limitMs, cause })
    throw asArchiveError(cause)
  } finally {
    either.removeEventListener('abort', abort)
  }
}

/** As viem and the SDK's HTTP client name that nobody answers. */
const UNREACHABLE = new Set(['HttpRequestError', 'NetworkError', 'TimeoutError', 'RequestError'])

function asArchiveError(error: unknown): unknown {
  const causes = causesOf(error)
  const ours = causes.find((each) => each instanceof TenderError)
  if (ours) return ours
  if (causes.some(({ name }) => UNREACHABLE.has(name))) {
    return new UnreachableError('cannot reach Filecoin, or one of its storage providers', { cause: error })
  }
  return refused(causes.at(-1)?.message.split('\n')[0]?.slice(0, 300) ?? 'it failed', error)
}

function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}

function refused(reason: string, cause?: unknown): TenderError {
  return new TenderError(`the archive on Filecoin refused: ${reason}`, {
    code: 'pinningRefused',
    class: 'network',
    cause,
  })
}

/** Money of Filecoin's has 18 decimals. */
function unpaid({ depositNeeded, needsFwssMaxApproval }: { depositNeeded: bigint; needsFwssMaxApproval: boolean }) {
  return new TenderError(
    'the wallet on Filecoin has not deposited enough USDFC, or has not approved the storage service',
    {
      code: 'archiveUnpaid',
      class: 'funds',
      hint: 'Deposit and approve with `npx filecoin-pin payments setup`, then again.',
      data: { depositNeeded: String(depositNeeded), needsApproval: needsFwssMaxApproval },
    },
  )
}
