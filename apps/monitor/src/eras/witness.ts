import { eraReportsAbi } from '@tender/abi'
import type { Logger, Store } from '@tender/kit'
import {
  addressSchema,
  type MarketDomain,
  messageHash,
  type Report,
  reportSchema,
  signatureSchema,
} from '@tender/protocol'
import { ContractError, type MarketClient, slashEquivocation } from '@tender/sdk'
import { type Address, decodeFunctionData, type Hex, isAddressEqual, recoverAddress } from 'viem'
import { z } from 'zod'
import { lowerCase } from '../facts/lowerCase.ts'
import type { NextReport, PostedReport } from '../facts/nextReport.ts'
import { eraKey } from './batchBook.ts'
import { isSame } from './signatureBook.ts'

const seenSchema = z.strictObject({ report: reportSchema, signature: signatureSchema, monitor: addressSchema })
type Seen = z.output<typeof seenSchema>
const twiceSchema = z.strictObject({ first: seenSchema, second: seenSchema })

export type WitnessOptions = {
  client: MarketClient
  domain: MarketDomain
  store: Store
  next(): Pick<NextReport, 'posted'>
  log: Logger
}

/** Remembers who signed which report, and takes the stake of who signed two of one round. */
export type Witness = {
  /** Keeps a signature that was checked. */
  see(report: Report, signature: Hex, monitor: Address): void
  /** Compares with what was posted, and slashes. */
  step(): Promise<void>
  forgetBefore(era: bigint): void
}

export function createWitness({ client, domain, store, next, log }: WitnessOptions): Witness {
  const seen = store.collection('seenSignatures', seenSchema)
  const twice = store.collection('signedTwice', twiceSchema)
  const compared = new Set<Hex>()
  const roundOf = ({ era, attempt, round }: Pick<Report, 'era' | 'attempt' | 'round'>) =>
    `${eraKey(era)}/${attempt}/${round}/`

  function see(report: Report, signature: Hex, monitor: Address): void {
    const key = `${roundOf(report)}${lowerCase(monitor)}`
    const second = { report, signature, monitor }
    const first = seen.get(key)
    if (!first) seen.set(key, second)
    else if (!isSame(first.report, report)) twice.set(key, { first, second })
  }

  /** Whether somebody told this monitor another report of that round. */
  function hasOther(posted: PostedReport): boolean {
    const range = roundOf(posted)
    const others = seen.entries({ from: range, before: `${range}~` })
    return others.some(({ value }) => value.report.root !== posted.root || value.report.dataHash !== posted.dataHash)
  }

  /** The signatures that a report was posted with, each with who made it. */
  async function signaturesOf({ transaction }: PostedReport): Promise<Seen[]> {
    const { input } = await client.rpc.getTransaction({ hash: transaction })
    const { functionName, args } = decodeFunctionData({ abi: eraReportsAbi, data: input })
    if (functionName !== 'postReport') return []
    const [report, , signatures] = args
    const hash = messageHash(domain, 'Report', report)
    return Promise.all(
      signatures.map(async (signature) => ({ report, signature, monitor: await recoverAddress({ hash, signature }) })),
    )
  }

  return {
    see,
    async step() {
      for (const posted of next().posted) {
        if (compared.has(posted.transaction)) continue
        if (hasOther(posted)) {
          for (const { report, signature, monitor } of await signaturesOf(posted)) see(report, signature, monitor)
        }
        compared.add(posted.transaction)
      }
      for (const { key, value } of twice.entries()) {
        await slash(client, value, log)
        twice.delete(key)
      }
    },
    forgetBefore(era) {
      for (const { key } of seen.entries({ before: eraKey(era) })) seen.delete(key)
    },
  }
}

async function slash(
  client: MarketClient,
  { first, second }: { first: Seen; second: Seen },
  log: Logger,
): Promise<void> {
  const { monitor } = first
  const { era } = first.report
  if (!isAddressEqual(monitor, second.monitor)) return
  try {
    const { taken } = await slashEquivocation(client, { a: first, b: second })
    log.warn({ monitor, era, taken }, 'a monitor signed two reports of one round, and was slashed')
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    // Another monitor was faster.
    log.info({ monitor, era, error }, 'a monitor signed two reports of one round')
  }
}
