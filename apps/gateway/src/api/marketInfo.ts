import type { Asset, Market } from '@tender/api'
import { TenderError } from '@tender/protocol'
import { and, asc, eq } from 'drizzle-orm'
import type { Address } from 'viem'
import { z } from 'zod'
import type { Database } from '../store/database.ts'
import { assets, classes, cursor, settings } from '../store/schema.ts'
import type { ApiOptions } from './apiOptions.ts'

/** What is known of the market as a whole. */
export type MarketInfo = {
  market(db: Database): Promise<Market>
  /** The asset of prices where nobody names one. */
  readonly defaultAsset: Address
  /** Names of the contracts by their addresses. */
  readonly contractNames: ReadonlyMap<Address, string>
}

const feeSetting = z.object({ feeBps: z.coerce.number().int() })

export function createMarketInfo({ chain, network, head, publicRpcUrl, embeddedAccounts }: ApiOptions): MarketInfo {
  const { book } = chain
  const [defaultAsset] = book.assets
  if (!defaultAsset) throw new TenderError('the market takes no asset', { code: 'noAssets', class: 'user' })
  const contractNames = new Map(Object.entries(book.contracts).map(([name, address]) => [address, name]))
  return {
    defaultAsset,
    contractNames,
    async market(db) {
      const [place] = await db.select().from(cursor).where(eq(cursor.id, 1)).limit(1)
      const listed = await db
        .select({ name: classes.resource })
        .from(classes)
        .where(and(eq(classes.listed, true)))
        .orderBy(asc(classes.resource))
        .limit(1024)
      const [fee] = await db.select().from(settings).where(eq(settings.name, 'fee')).limit(1)
      return {
        chainId: book.chainId,
        rpcUrl: publicRpcUrl,
        deployBlock: book.deployBlock,
        contracts: book.contracts,
        assets: await marketAssets(db),
        stakeToken: { ...(await chain.asset(book.contracts.stakeToken)), allowed: false, rate: null },
        classes: listed.map(({ name }) => name),
        eras: (await chain.eraTiming()) ?? null,
        feeBps: fee ? feeSetting.parse(fee.value).feeBps : 0,
        network: network ? networkOf(network) : null,
        indexed: place ? { block: place.block, hash: place.hash, timestamp: place.timestamp } : null,
        head: head() ?? null,
        embedded: embeddedAccounts !== undefined,
      }
    },
  }

  /** The default asset first. */
  async function marketAssets(db: Database): Promise<Asset[]> {
    const rows = await db.select().from(assets).orderBy(asc(assets.position)).limit(64)
    rows.sort((a, b) => Number(b.address === defaultAsset) - Number(a.address === defaultAsset))
    return Promise.all(
      rows.map(async ({ address, allowed, rate }) => ({
        ...(await chain.asset(address)),
        allowed,
        rate: rate === 0n ? null : rate,
      })),
    )
  }
}

function networkOf(network: NonNullable<ApiOptions['network']>): Market['network'] {
  const addresses = network.addresses().slice(0, 32)
  const webSocketAddresses = addresses.filter((address) => /\/wss?(\/|$)/.test(address))
  return { publicKey: network.publicKey, addresses, webSocketAddresses }
}
