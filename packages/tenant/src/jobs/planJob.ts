import type { ContentStore } from '@tender/content'
import { jobBlobs, jobText, parseComposeFile, TenderError } from '@tender/protocol'
import { getAssets, type MarketClient } from '@tender/sdk'
import { bytesToHex, type Hex } from 'viem'
import { type ComposeSources, type Plan, planOf } from '../plan.ts'
import { type Bundle, makeBundle, pinOf, readInput } from './bundle.ts'

/** What a file with `x-tender.job` asks for, ready to be ordered. */
export type JobPlan = Plan & { bundle: Bundle }

export type PlanJobOptions = {
  market: MarketClient
  /** Where its bundle is made. */
  store: ContentStore
  signal: AbortSignal
}

/**
 * Plans the job of a Compose file: reads its input, makes its bundle in the store, and a manifest that names it. Places of files are
 * absolute paths. Nothing is signed, and nothing costs money yet.
 *
 * @throws {InvalidInputError} with everything that is wrong, by line; {NotFoundError} if a file or its input is missing;
 * {TenderError} `isService` for a file without a job
 * @example
 * const plan = await planJob(text, composeSources, { market, store, signal })
 */
export async function planJob(
  text: string,
  sources: ComposeSources,
  { market, store, signal }: PlanJobOptions,
): Promise<JobPlan> {
  const { tender } = parseComposeFile(text, { file: sources.shownAs })
  if (!tender.job) {
    throw new TenderError(`${sources.shownAs} asks for a service`, {
      code: 'isService',
      class: 'user',
      hint: 'Bring it up with `tender up`; what is run has a job in its x-tender.',
    })
  }
  const { input: folder } = tender.job
  const salt = bytesToHex(crypto.getRandomValues(new Uint8Array(32)))
  const assets = await getAssets(market)
  const asset = assets.find(({ symbol }) => symbol === tender.maxPrice.symbol)
  if (!asset) throw unknownAsset(tender.maxPrice.symbol, assets)
  return store.writing(async () => {
    const input = folder === undefined ? undefined : await readInput(store, sources.placeOf(folder), signal)
    const job = { inputFiles: input?.files ?? [], asset }
    const draft = await planOf(text, sources, { job, salt, signal })
    const blobs = jobBlobs(draft.manifest).map(({ sha256, bytes }) => ({
      sha256,
      bytes,
      path: placeOf(draft.files, sha256),
    }))
    const bundle = await makeBundle(store, { text: jobText(draft.manifest), blobs, input }, pinOf.bundle(salt), signal)
    return { ...(await planOf(text, sources, { job: { ...job, bundle }, salt, signal })), bundle }
  })
}

function placeOf(files: Readonly<Record<Hex, string>>, sha256: Hex): string {
  const place = files[sha256]
  if (place !== undefined) return place
  throw new TenderError(`the file with SHA-256 ${sha256} is not known`, { code: 'fileNotFound', class: 'internal' })
}

function unknownAsset(symbol: string, assets: readonly { symbol: string }[]): TenderError {
  const known = assets.map((one) => one.symbol)
  return new TenderError(`this market does not take ${symbol}`, {
    code: 'unknownAsset',
    class: 'user',
    hint: `Name max-price in one of: ${known.join(', ')}.`,
    data: { symbol, known },
  })
}
