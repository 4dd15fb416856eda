import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { localChainId } from '@tender/localchain'
import { MAX_BLOB_BYTES, TenderError } from '@tender/protocol'
import type { ProviderConfig, ProviderConfigFile } from '@tender/provider'
import type { MarketAsset } from '@tender/sdk'
import { toJson } from '../cli/out.ts'
import { marketDirectory, readIfThere, writeWhole } from '../home/home.ts'
import type { MarketProfile } from '../home/marketProfile.ts'
import { readProviderConfig } from '../providerConfig.ts'

/** A resource class and how it is priced. */
export type ClassSale = { resource: string; asset: MarketAsset; pricing: SalePricing }

/** Prices in the asset's smallest units per unit and hour. */
export type SalePricing =
  | { strategy: 'fixed'; price: bigint }
  | { strategy: 'market'; factorBps: number; min: bigint; max: bigint }

export type ConfigDraft = {
  home: string
  /** The market's name, and how it is reached. */
  market: string
  profile: MarketProfile
  /** Name of the operator's account. */
  operator: string
  sales: readonly ClassSale[]
  drivers: ProviderConfigFile['drivers']
  /** Where its workloads answer from outside; absent if only on this machine. */
  domain: string | undefined
  /** A relay through which it is reached, if it listens nowhere public. */
  relay: string | undefined
}

/** Above the ports of `tender dev`, and where nobody needs to be root. */
const FIRST_INGRESS_PORT = 8080
/** The provider's own default. */
const FIRST_PEER_PORT = 4100

/** The configuration of this market that lies there already, if one does. @throws {TenderError} `configOfOtherMarket` */
export async function findConfig(file: string, { book }: MarketProfile): Promise<ProviderConfig | undefined> {
  if ((await readIfThere(file)) === undefined) return undefined
  const config = await readProviderConfig(file)
  const { book: written } = config
  if (written.chainId === book.chainId && written.contracts.orderBook === book.contracts.orderBook) return config
  throw new TenderError(`${file} is the configuration of a provider in another market`, {
    code: 'configOfOtherMarket',
    class: 'conflict',
    hint: 'Name another file with --config.',
  })
}

/**
 * Writes a configuration that a provider can start with.
 *
 * @throws {TenderError} if no port is free
 */
export async function writeConfig(file: string, draft: ConfigDraft): Promise<void> {
  const { home, market, profile, operator, sales, drivers, domain, relay } = draft
  const { rpcUrl, book, bootstrap } = profile
  // In a market on this machine all peers are on it too.
  const peerHost = book.chainId === localChainId ? '127.0.0.1' : '0.0.0.0'
  const ingressHost = domain === undefined ? '127.0.0.1' : '0.0.0.0'
  const config: ProviderConfigFile = {
    stateDir: join(marketDirectory(home, market), 'providers', operator),
    rpcUrl,
    network: {
      listen: [`/ip4/${peerHost}/tcp/${await freePort(peerHost, FIRST_PEER_PORT)}`],
      bootstrap,
      ...(relay !== undefined && { relays: [relay] }),
    },
    ingress: {
      host: ingressHost,
      port: await freePort(ingressHost, FIRST_INGRESS_PORT),
      domain: domain ?? 'localhost',
      ...(relay !== undefined && { public: false }),
    },
    sales: Object.fromEntries(
      sales.map(({ resource, asset, pricing }) => [resource, { asset: asset.address, pricing }]),
    ),
    drivers,
    // An image of a container is larger than a Wasm module.
    ...(drivers?.docker && { maxBlobBytes: MAX_BLOB_BYTES }),
    book,
  }
  await writeWhole(resolve(file), `${toJson(config, 2)}\n`)
}

/** The first port from `first` on that nobody listens on now. */
async function freePort(host: string, first: number): Promise<number> {
  for (let port = first; port < first + 100; port++) if (await isFree(host, port)) return port
  throw new TenderError(`no port from ${first} to ${first + 99} is free`, { code: 'noFreePort', class: 'conflict' })
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
