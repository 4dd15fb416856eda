import { peerIdOfPrivateKey, publicKeyOfPeer } from '@tender/network'
import { formatAmount, InsufficientFundsError, TenderError } from '@tender/protocol'
import {
  getAsset,
  getBalance,
  getMonitors,
  getReportRules,
  getStake,
  joinMonitor,
  type MarketAsset,
  type MarketClient,
  type Monitor,
  stake,
} from '@tender/sdk'
import { type Address, type Hex, parseUnits } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** What an account lacks to be a monitor. */
export type Enlistment = {
  /** Present if it is one already: then nothing is left to do. */
  monitor: Monitor | undefined
  /** Whole stake tokens that it will lock. */
  weight: number
  /** Stake tokens to add, smallest units. */
  stake: bigint
  stakeToken: MarketAsset
}

/**
 * Looks at the chain for what an account needs to be a monitor.
 *
 * @param weight whole stake tokens; the market's least unless told
 * @throws {TenderError} `weightTooLow`; {InsufficientFundsError}
 */
export async function planEnlistment(
  market: MarketClient,
  account: Address,
  weight: number | undefined,
): Promise<Enlistment> {
  const { stakeToken: asset } = market.book.contracts
  const [monitors, { minWeight }, pool, { wallet }, stakeToken] = await Promise.all([
    getMonitors(market),
    getReportRules(market),
    getStake(market, { monitor: account, account }),
    getBalance(market, { account, asset }),
    getAsset(market, { asset }),
  ])
  const monitor = monitors.find(({ key }) => key === account)
  if (monitor) return { monitor, weight: monitor.nextWeight, stake: 0n, stakeToken }
  const wanted = weight ?? minWeight
  if (wanted < minWeight) {
    throw new TenderError(`a monitor of this market weighs at least ${minWeight} stake tokens`, {
      code: 'weightTooLow',
      class: 'user',
      data: { asked: wanted, possible: minWeight },
    })
  }
  const needed = parseUnits(String(wanted), stakeToken.decimals)
  const missing = needed > pool.free ? needed - pool.free : 0n
  if (wallet < missing) {
    const [lacks, has] = [missing, wallet].map((amount) => formatAmount(amount, stakeToken))
    throw new InsufficientFundsError(`${account} needs ${lacks} to stake and has ${has}`, {
      hint: 'Get stake tokens, or weigh less with --weight.',
      needed: missing,
      available: wallet,
    })
  }
  return { monitor: undefined, weight: wanted, stake: missing, stakeToken }
}

/** Stakes what is missing and joins. One that is cut short is planned anew and goes on. */
export async function performEnlistment(market: MarketClient, enlistment: Enlistment, privateKey: Hex): Promise<void> {
  const account = privateKeyToAccount(privateKey)
  const client = { ...market, account }
  if (enlistment.stake > 0n) await stake(client, { monitor: account.address, amount: enlistment.stake })
  // Where it is dialled it tells by itself once it runs.
  const publicKey = publicKeyOfPeer(peerIdOfPrivateKey(privateKey))
  await joinMonitor(client, { weight: enlistment.weight, publicKey, addresses: [] })
}
