import type { NetworkNode } from '@tender/network/browser'
import type { SecretSource } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import type { TenantRecords } from './records.ts'

/** Who rents: an account on the chain, a peer that providers answer, and the records of what was asked. */
export type Tenant = {
  /** With the account that pays. */
  market: MarketClient
  /** Started. Its key is the orders' agent, and can never move money. */
  node: NetworkNode
  records: TenantRecords
  sources: Sources
}

/** Where a tenant's files and secrets are: on a disk, or in a page's memory. */
export type Sources = {
  /** A file's bytes in pieces of any size. @param place as a plan's `files` has it @throws {NotFoundError} `fileNotFound` */
  readFile(place: string): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /**
   * A secret's value, to be sealed at once: it is kept nowhere.
   *
   * @throws {NotFoundError} `fileNotFound`; {TenderError} `fileTooLarge`, `secretMissing`
   */
  readSecret(source: SecretSource): Promise<Uint8Array>
}

/** The wall clock, unix seconds. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
