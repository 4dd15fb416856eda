import { join } from 'node:path'
import { CorruptStateError, NotFoundError } from '@tender/protocol'
import { addressBookSchema } from '@tender/sdk'
import { z } from 'zod'
import { toJson } from '../cli/out.ts'
import { marketDirectory, readIfThere, writeWhole } from './home.ts'

/** The market that is used unless another is asked for: the embedded one. */
export const DEFAULT_MARKET = 'dev'

const marketProfileSchema = z.strictObject({
  version: z.literal(1),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  /** Where its contracts are. */
  book: addressBookSchema,
  /** Peers to dial first: multiaddrs with `/p2p/…`. */
  bootstrap: z.array(z.string().max(512)).max(64),
  /** Name of the key to use unless another is asked for. */
  account: z.string().optional(),
})

/** How a market is reached. */
export type MarketProfile = z.output<typeof marketProfileSchema>

/**
 * What is known of a market.
 *
 * @throws {NotFoundError} `unknownMarket`; {CorruptStateError}
 */
export async function readMarketProfile(home: string, name: string): Promise<MarketProfile> {
  const file = fileOf(home, name)
  const text = await readIfThere(file)
  if (text === undefined) {
    throw new NotFoundError(`there is no market "${name}"`, {
      code: 'unknownMarket',
      hint:
        name === DEFAULT_MARKET
          ? 'Start one on this machine with `tender dev`.'
          : `Put its profile at ${file}, or name another with --market.`,
      data: { name, file },
    })
  }
  try {
    return marketProfileSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new CorruptStateError(file, {
      hint: `Write it anew${name === DEFAULT_MARKET ? ' by starting `tender dev`' : ''}.`,
      cause,
    })
  }
}

/** Keeps how a market is reached. */
export async function writeMarketProfile(home: string, name: string, profile: MarketProfile): Promise<void> {
  await writeWhole(fileOf(home, name), `${toJson(profile, 2)}\n`)
}

function fileOf(home: string, name: string): string {
  return join(marketDirectory(home, name), 'profile.json')
}
