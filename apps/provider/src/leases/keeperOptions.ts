import type { Driver } from '@tender/driver'
import type { Logger } from '@tender/kit'
import { TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Archives } from './archives.ts'
import type { Blobs } from './blobs.ts'
import type { DecidePolicy, ReportingFacts } from './decide.ts'
import type { LeaseBook } from './leaseBook.ts'
import type { LeaseMarket } from './leaseMarket.ts'

/** What keeping leases stands on. */
export type KeeperOptions = {
  leases: LeaseBook
  market: LeaseMarket
  /** The driver of a brief's kind; `undefined` if this host has none. */
  driverFor(kind: string): Driver | undefined
  blobs: Pick<Blobs, 'path' | 'retain'>
  archives: Pick<Archives, 'put' | 'retain'>
  /** Graphics cards that jobs have, by the driver's names. */
  cardsOfJobs(): readonly string[]
  /** The operator's: secrets are sealed to it. */
  privateKey: Hex
  policy: DecidePolicy
  /** How reporting stands, as far as is known now. */
  reporting(): ReportingFacts
  nowSeconds(): number
  log: Logger
}

/** @throws {TenderError} `noDriver` */
export function driverOf({ driverFor }: Pick<KeeperOptions, 'driverFor'>, kind: string): Driver {
  const driver = driverFor(kind)
  if (driver) return driver
  throw new TenderError(`this host has no ${kind} driver`, { code: 'noDriver', class: 'user' })
}

/** Longest reason that is recorded and told. */
const REASON_CHARACTERS = 1_500

/** Any failure as one sentence for a record. */
export function reasonOf(error: unknown): string {
  return sentence(error instanceof Error ? error.message : String(error))
}

/** What a driver says, cut to what is recorded and told. */
export function sentence(text: string): string {
  return text.toWellFormed().slice(0, REASON_CHARACTERS).toWellFormed()
}
