import { InvalidInputError } from '@tender/protocol'
import { type Address, getAddress, isAddress } from 'viem'
import { z } from 'zod'

const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), 'is not an address')
  .transform((text): Address => getAddress(text))

/** Where one market's contracts stand. Plain JSON: numbers and strings only. */
export const addressBookSchema = z.strictObject({
  chainId: z.int().positive(),
  /** Block of the first contract; nothing of this market is in an earlier one. */
  deployBlock: z.int().nonnegative(),
  contracts: z.strictObject({
    accessManager: address,
    stakeToken: address,
    providerRegistry: address,
    staking: address,
    capacityRegistry: address,
    leaseEscrow: address,
    orderBook: address,
    /** Pays providers and monitors; the market's fees are its. */
    rewards: address,
    /** The monitors and what they agreed on: the verifier of monitored leases. */
    eraReports: address,
    /** The verifier of jobs. */
    jobs: address,
  }),
  /** Assets that the market took when it was deployed, the default first. */
  assets: z.array(address).max(64),
})

/** Where one market's contracts stand. Plain JSON: numbers and strings only. */
export type AddressBook = z.output<typeof addressBookSchema>

/**
 * Reads an address book that came from outside.
 *
 * @throws {InvalidInputError} naming every field that is wrong
 *
 * @example
 * const book = parseAddressBook(JSON.parse(await readFile('market.json', 'utf8')))
 */
export function parseAddressBook(value: unknown): AddressBook {
  const parsed = addressBookSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InvalidInputError(
    'not an address book',
    parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    { code: 'invalidAddressBook', cause: parsed.error },
  )
}
