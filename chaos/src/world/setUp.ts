import { deployEmbedded, governorKey, providerRoles, setUpActors, setUpMonitors } from '@tender/cli'
import { localChainId } from '@tender/localchain'
import { parseAmount } from '@tender/protocol'
import {
  type AddressBook,
  createChainClient,
  createMarketClient,
  deposit,
  findProvider,
  getAsset,
  type MarketAsset,
  mintTestDollars,
  sendGasMoney,
  sendStakeTokens,
  stake,
} from '@tender/sdk'
import { type Hex, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** Of the rules of the market: short, so that a run of minutes sees many of each. */
export const ERA_SECONDS = 20
const JOB_TIMING = { challengeSeconds: 10, drawSeconds: 120, verdictSeconds: 60 } as const

/** Each time that it vanishes a provider loses some; without enough for all times of a run it might sell nothing any more. */
const MORE_STAKE = parseEther('20000')

const TENANT_DOLLARS = '1000 USDC'
const TENANT_DEPOSIT = '20 USDC'
const TENANT_GAS = parseEther('10')

/** The contracts with rules as the embedded market has them, its providers and its monitors. */
export async function setUpMarket(rpcUrl: string): Promise<{ book: AddressBook; asset: MarketAsset }> {
  const account = privateKeyToAccount(governorKey)
  const chain = await createChainClient({ rpcUrl, chainId: localChainId, account })
  const book = await deployEmbedded(chain, { eraSeconds: ERA_SECONDS, jobTiming: JOB_TIMING })
  const asset = await getAsset(await createMarketClient({ rpcUrl, book }), { asset: book.assets[0] ?? '0x' })
  await setUpActors(rpcUrl, book, asset)
  for (const role of providerRoles) await stakeMore(rpcUrl, book, role)
  await setUpMonitors(rpcUrl, book)
  return { book, asset }
}

async function stakeMore(rpcUrl: string, book: AddressBook, role: (typeof providerRoles)[number]): Promise<void> {
  const account = privateKeyToAccount(role.ownerKey)
  const owner = await createMarketClient({ rpcUrl, book, account })
  const governor = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(governorKey) })
  const provider = await findProvider(owner, { operator: privateKeyToAccount(role.operatorKey).address })
  if (!provider) throw new Error(`${role.name} is no provider`)
  await sendStakeTokens(governor, { to: account.address, amount: MORE_STAKE })
  await stake(owner, { provider: provider.id, amount: MORE_STAKE })
}

/** Gives a new account gas money, and test dollars in its wallet and in escrow. */
export async function fund(rpcUrl: string, book: AddressBook, asset: MarketAsset, key: Hex): Promise<void> {
  const tenant = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(key) })
  const governor = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(governorKey) })
  const to = privateKeyToAccount(key).address
  await sendGasMoney(governor, { to, amount: TENANT_GAS })
  await mintTestDollars(tenant, { asset: asset.address, to, amount: parseAmount(TENANT_DOLLARS, asset) })
  await deposit(tenant, { asset: asset.address, amount: parseAmount(TENANT_DEPOSIT, asset) })
}
