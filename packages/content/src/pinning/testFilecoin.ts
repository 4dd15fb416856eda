import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { registerHooks } from 'node:module'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { bytesToHex, type Hex, keccak256, maxUint256, stringToHex } from 'viem'
import { onTestFinished } from 'vitest'

// Filecoin as the SDK sees it, over HTTP on this machine: the chain answers as the mocks do that the SDK's authors publish with it, a
// storage provider as their description of its interface has it (sessions for uploads, pieces by their CID, additions by transaction).

/** The mocks are written for a library that answers instead of `fetch`; of that they need no more than to say which answer is whose. */
const MSW = `
  const route = (path, answer) => ({ path, answer })
  export const http = { get: route, post: route, put: route, delete: route }
  export const HttpResponse = Response
`
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'msw'
      ? { url: `data:text/javascript,${encodeURIComponent(MSW)}`, shortCircuit: true }
      : next(specifier, context),
})
const mocks = await import('@filoz/synapse-core/mocks')
const Piece = await import('@filoz/synapse-core/piece')

/** The CID of a piece of such bytes, as Filecoin counts it. */
export const pieceCidOf = (bytes: Uint8Array): string => Piece.calculate(bytes).toString()

export const walletKey: Hex = mocks.PRIVATE_KEYS.key1

type Piece = { id: bigint; cid: string; metadata: Record<string, string>; leaving: boolean }

export type TestFilecoin = {
  rpcUrl: string
  /** What was uploaded, by its piece's CID. */
  cars: Map<string, Uint8Array>
  pieces: Piece[]
  /** What the storage provider was asked, e.g. `POST /pdp/piece/uploads`. */
  asked: string[]
  /** How the storage provider fails, if it does. */
  failing: 'upload' | 'commit' | 'silent' | undefined
  /** What the wallet has deposited. */
  deposit: bigint
  /** Everything that was sent to it. */
  sent: string
}

/** The data set of the mocks' client at their first storage provider. */
const DATA_SET = 1n

type Answer = { status: number; value?: unknown; headers?: Record<string, string> }

/** Starts it; it is gone with the test. */
export async function startFilecoin(): Promise<TestFilecoin> {
  const deposit = 10n ** 21n
  const state: TestFilecoin = {
    rpcUrl: '',
    cars: new Map(),
    pieces: [],
    asked: [],
    failing: undefined,
    deposit,
    sent: '',
  }
  const server = createServer((request, response) => {
    void answer(request, response).catch((error) => response.writeHead(500).end(String(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // CAST: it listens on TCP
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  state.rpcUrl = `${url}/rpc`
  // CAST: a route as `MSW` above makes it.
  const chain = mocks.JSONRPC(chainOf(state, url)) as unknown as { answer(_: { request: Request }): Promise<Response> }
  const uploads = new Map<string, Uint8Array>()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = new Uint8Array(await buffer(request))
    const { pathname, searchParams } = new URL(request.url ?? '', url)
    if (pathname === '/rpc') {
      state.sent += Buffer.from(body).toString()
      const told = await chain.answer({ request: new Request(state.rpcUrl, { method: 'POST', body }) })
      response.writeHead(told.status, { 'content-type': 'application/json' }).end(await told.text())
      return
    }
    const asked = `${request.method} ${pathname}`
    state.asked.push(asked)
    if (state.failing === 'silent') return
    const { status, value, headers } =
      uploadOf(state, uploads, asked, body) ??
      pieceOf(state, asked, searchParams.get('pieceCid') ?? '') ??
      additionOf(state, asked, Buffer.from(body).toString())
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(value === undefined ? undefined : JSON.stringify(value))
  }

  return state
}

/** An upload is a session: begun, filled, and ended with the CID of what was sent. */
function uploadOf(
  { failing, cars }: TestFilecoin,
  uploads: Map<string, Uint8Array>,
  asked: string,
  body: Uint8Array,
): Answer | undefined {
  const begun = '/pdp/piece/uploads'
  if (asked === `POST ${begun}`) return { status: 201, headers: { location: `${begun}/${randomUUID()}` } }
  const [, method, id = ''] = /^(PUT|POST) \/pdp\/piece\/uploads\/([\w-]+)$/.exec(asked) ?? []
  if (method === 'PUT' && failing === 'upload') return { status: 507, value: { error: 'disk full' } }
  if (method === 'PUT') {
    uploads.set(id, body)
    return { status: 204 }
  }
  const car = uploads.get(id)
  if (!car) return undefined
  const { pieceCid } = JSON.parse(Buffer.from(body).toString())
  cars.set(pieceCid, car)
  return { status: 200, value: { pieceCid } }
}

function pieceOf({ cars }: TestFilecoin, asked: string, pieceCid: string): Answer | undefined {
  if (asked === 'GET /pdp/ping') return { status: 200 }
  if (asked !== 'GET /pdp/piece') return undefined
  return cars.has(pieceCid) ? { status: 200, value: { pieceCid } } : { status: 404 }
}

/** Pieces are added by a transaction, which is asked for until it is confirmed, and deleted. */
function additionOf({ failing, pieces }: TestFilecoin, asked: string, body: string): Answer {
  const base = `/pdp/data-sets/${DATA_SET}/pieces`
  const txHash = keccak256(stringToHex(`${pieces.length}`))
  if (asked === `POST ${base}`) {
    if (failing === 'commit') return { status: 400, value: { error: 'payer has no funds' } }
    const { pieces: added, extraData } = JSON.parse(body)
    const { keys, values } = mocks.pdp.decodePieceMetadataFromExtraData(extraData)
    for (const [index, { pieceCid }] of added.entries()) {
      const metadata = Object.fromEntries((keys[index] ?? []).map((key, at) => [key, values[index]?.[at] ?? '']))
      pieces.push({ id: BigInt(pieces.length), cid: pieceCid, metadata, leaving: false })
    }
    return { status: 201, headers: { location: `${base}/added/${txHash}` } }
  }
  if (asked.startsWith(`GET ${base}/added/`)) {
    const told = { txHash: asked.split('/').at(-1), txStatus: 'confirmed', dataSetId: Number(DATA_SET), pieceCount: 1 }
    const confirmedPieceIds = [pieces.length - 1]
    return { status: 200, value: { ...told, addMessageOk: true, piecesAdded: true, confirmedPieceIds } }
  }
  const piece = pieces.find(({ id }) => asked === `DELETE ${base}/${id}`)
  if (!piece) return { status: 404 }
  piece.leaving = true
  return { status: 200, value: { txHash } }
}

/** The chain's answers: those of the mocks, but for what this account keeps where. */
function chainOf(state: TestFilecoin, serviceURL: string): NonNullable<Parameters<typeof mocks.JSONRPC>[0]> {
  const { basic } = mocks.presets
  const { provider1 } = mocks.PROVIDERS
  const products = provider1.products.flatMap((product) =>
    product ? [{ ...product, offering: { ...product.offering, serviceURL } }] : [],
  )
  const registry = mocks.mockServiceProviderRegistry([{ ...provider1, products }])
  const metadataOf = (id: bigint) => state.pieces.find((piece) => piece.id === id)?.metadata ?? {}
  return {
    ...basic,
    serviceRegistry: { ...basic.serviceRegistry, ...registry },
    payments: {
      ...basic.payments,
      accounts: () => [state.deposit, 0n, 0n, 1_000_000n],
      operatorApprovals: () => [true, maxUint256, maxUint256, 0n, 0n, maxUint256],
    },
    warmStorageView: {
      ...basic.warmStorageView,
      getApprovedProviders: () => [[1n]],
      getAllDataSetMetadata: () => [
        ['source', 'withIPFSIndexing'],
        ['tender', ''],
      ],
      getPieceMetadata: ([, id, key]) => [key in metadataOf(id), metadataOf(id)[key] ?? ''],
    },
    pdpVerifier: {
      ...basic.pdpVerifier,
      getActivePieces: () => [
        state.pieces.map(({ cid }) => ({ data: bytesToHex(Piece.parse(cid).bytes) })),
        state.pieces.map(({ id }) => id),
        false,
      ],
      getScheduledRemovals: () => [state.pieces.filter(({ leaving }) => leaving).map(({ id }) => id)],
    },
  }
}
