import type { SignedSession } from '@tender/network/browser'
import { NotFoundError } from '@tender/protocol'
import {
  type OrderRecord,
  orderRecordSchema,
  type TenantLease,
  type TenantRecords,
  tenantLeaseSchema,
} from '@tender/tenant'
import { del, entries, get, set } from 'idb-keyval'
import type { Hex } from 'viem'
import { bytesToHex } from 'viem/utils'
import { type AgentKeys, openAgentKeys } from './agentKeys.ts'
import { type BrowserRecords, browserRecords, storeOf } from './browserRecords.ts'

/** What this browser keeps of one market: orders, leases, keys of agents, files that travel with manifests. */
export type TenantHome = {
  records: TenantRecords & { orders: BrowserRecords<OrderRecord>; leases: BrowserRecords<TenantLease> }
  agents: AgentKeys
  /** Compose files by what orders call theirs, with where their images are kept. */
  composed: {
    put(composeFile: string, composed: Composed): Promise<void>
    get(composeFile: string): Promise<Composed | undefined>
  }
  files: KeptFiles
  /** Leases opened elsewhere for which the tenant named a key of this browser. */
  adopted: { put(lease: string, adopted: Adopted): Promise<void>; get(lease: string): Promise<Adopted | undefined> }
  /** Orders that are on their way: what a reload in the middle leaves to go on with. */
  unfinished: {
    /** @param auctionEndsAtMs until when it takes bids, Unix milliseconds */
    add(order: string, auctionEndsAtMs: number): Promise<void>
    remove(order: string): Promise<void>
    all(): Promise<{ order: string; auctionEndsAtMs: number }[]>
  }
}

/** A Compose file as it was ordered; no secret is in it unless somebody wrote one there. */
export type Composed = { text: string; images: Readonly<Record<string, string>> }

/** A lease opened elsewhere, and the session with which this browser speaks for it. */
export type Adopted = { record: TenantLease; signed: SignedSession }

/** Files by the hash of their content. */
export type KeptFiles = {
  /** @returns where it is kept */
  keep(bytes: Uint8Array): Promise<string>
  /** @throws {NotFoundError} `fileNotFound` */
  read(place: string): Promise<Uint8Array>
}

/** Which deployment a home belongs to. */
export type HomePlace = { chainId: number; contracts: { orderBook: string } }

/** Opens what this browser keeps of a market. */
export function openTenantHome({ chainId, contracts }: HomePlace): TenantHome {
  const store = (kind: string) => storeOf(`${chainId}-${contracts.orderBook.toLowerCase()}-${kind}`)
  const unfinished = store('unfinished')
  const composed = store('composed')
  const adopted = store('adopted')
  return {
    records: {
      orders: browserRecords(store('orders'), (stored): OrderRecord => orderRecordSchema.parse(stored)),
      leases: browserRecords(store('leases'), (stored): TenantLease => tenantLeaseSchema.parse(stored)),
    },
    agents: openAgentKeys(store('agents')),
    composed: {
      put: (composeFile, value) => set(composeFile, value, composed),
      get: (composeFile) => get<Composed>(composeFile, composed),
    },
    files: keptFiles(store('files')),
    adopted: {
      put: (lease, value) => set(lease.toLowerCase(), value, adopted),
      get: (lease) => get<Adopted>(lease.toLowerCase(), adopted),
    },
    unfinished: {
      add: (order, auctionEndsAtMs) => set(order, auctionEndsAtMs, unfinished),
      remove: (order) => del(order, unfinished),
      async all() {
        const kept = await entries<string, unknown>(unfinished)
        // An earlier version of the page kept no time.
        return kept.map(([order, endsAtMs]) => ({ order, auctionEndsAtMs: Number(endsAtMs) }))
      },
    },
  }
}

function keptFiles(store: ReturnType<typeof storeOf>): KeptFiles {
  return {
    async keep(bytes) {
      const place = await sha256(bytes)
      await set(place, bytes, store)
      return place
    },
    async read(place) {
      const bytes = await get<Uint8Array>(place, store)
      if (bytes) return bytes
      throw new NotFoundError('a file that travels with the manifest is not in this browser any more', {
        code: 'fileNotFound',
        hint: 'Choose it again.',
        data: { place },
      })
    },
  }
}

async function sha256(bytes: Uint8Array): Promise<Hex> {
  return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))))
}
