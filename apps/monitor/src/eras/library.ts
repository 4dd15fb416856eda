import {
  type DataSet,
  decodeDataSet,
  decodeFacts,
  decodeState,
  type EraFacts,
  type EraState,
  MAX_DATA_SET_BYTES,
  NotFoundError,
  PART_BYTES,
} from '@tender/protocol'
import { type Address, concat, type Hex } from 'viem'
import type { Parts } from './parts.ts'

/** Asks a monitor for content by its hash; resolves only with what the hash says. */
export type AskPart = (from: Address, hash: Hex, maxBytes: number, signal: AbortSignal) => Promise<Uint8Array>

/** The data of eras, from this monitor's disk or else from others'. Whatever comes has the hash that was asked for. */
export type Library = {
  /** @throws {NotFoundError} `unknownPart`: nobody has it */
  dataSet(hash: Hex, era: bigint, signal: AbortSignal): Promise<DataSet>
  facts(dataSet: DataSet, signal: AbortSignal): Promise<EraFacts>
  /** What the data set's era left to the next. */
  state(dataSet: DataSet, signal: AbortSignal): Promise<EraState>
  /** Any one part that belongs to an era. */
  part(hash: Hex, era: bigint, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>
}

export function createLibrary(parts: Parts, askPart: AskPart, others: () => readonly Address[]): Library {
  async function part(hash: Hex, era: bigint, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    const here = await parts.get(hash)
    if (here) return here
    for (const monitor of others()) {
      try {
        const content = await askPart(monitor, hash, maxBytes, signal)
        await parts.put(content, era)
        return content
      } catch {
        signal.throwIfAborted() // the next may have it
      }
    }
    throw new NotFoundError(`no monitor has part ${hash} of era ${era}`, { code: 'unknownPart', data: { hash, era } })
  }

  async function whole(hashes: readonly Hex[], era: bigint, signal: AbortSignal): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for (const hash of hashes) pieces.push(await part(hash, era, PART_BYTES, signal))
    return concat(pieces)
  }

  return {
    part,
    dataSet: async (hash, era, signal) => decodeDataSet(await part(hash, era, MAX_DATA_SET_BYTES, signal)),
    facts: async ({ facts, era }, signal) => decodeFacts(await whole(facts, era, signal)),
    state: async ({ state, era }, signal) => decodeState(await whole(state, era, signal)),
  }
}
