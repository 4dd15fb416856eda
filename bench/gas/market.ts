import {
  capacityRegistryAbi,
  leaseEscrowAbi,
  orderBookAbi,
  providerRegistryAbi,
  stakingAbi,
  testDollarAbi,
} from '@tender/abi'
import {
  kinds,
  leaseId,
  marketDomain,
  type Offer,
  type Order,
  offerHash,
  offersHash,
  orderHash,
  resourceId,
  type Terms,
  tiers,
  typedData,
} from '@tender/protocol'
import type { AddressBook } from '@tender/sdk'
import {
  type Address,
  encodeFunctionData,
  type Hex,
  keccak256,
  maxUint256,
  numberToHex,
  parseEther,
  parseEventLogs,
  type TransactionReceipt,
  toHex,
  zeroAddress,
  zeroHash,
} from 'viem'
import { type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import type { Bench, Call } from './chain.ts'

/** A provider; all are owned by one account, to which all payouts go. */
export type Seller = { provider: bigint; operator: LocalAccount }
export type GasMarket = Awaited<ReturnType<typeof createGasMarket>>

export const resource = resourceId('cu')
export const stakePerUnit = parseEther('10')
const DAY_SECONDS = 86_400
const COMMITTED_UNITS = 100_000
/** 0.02 dollars per unit and hour. */
export const price = 20_000n

/** An account of its own for every name, with money for gas. */
export async function makeAccount(bench: Bench, name: string): Promise<LocalAccount> {
  const account = privateKeyToAccount(keccak256(toHex(name)))
  await bench.rpc.setBalance({ address: account.address, value: parseEther('1000') })
  return account
}

/** What the scenarios do in a deployed market, as calls whose receipts they read. */
export async function createGasMarket(bench: Bench, book: AddressBook, owner: LocalAccount) {
  const { contracts } = book
  const domain = marketDomain({ chainId: book.chainId, orderBook: contracts.orderBook })
  const asset = book.assets[0] ?? zeroAddress
  let salt = 0

  const mint = (to: Address, amount: bigint): Call => ({
    to: asset,
    data: encodeFunctionData({ abi: testDollarAbi, functionName: 'mint', args: [to, amount] }),
  })
  const escrow = (data: Hex): Call => ({ to: contracts.leaseEscrow, data })

  const deposit = (account: Address, amount: bigint) =>
    escrow(encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'deposit', args: [account, asset, amount] }))
  const stake = (provider: bigint, amount: bigint): Call => {
    const args = [(1n << 160n) | provider, amount] as const
    return { to: contracts.staking, data: encodeFunctionData({ abi: stakingAbi, functionName: 'stake', args }) }
  }
  const commit = (provider: bigint, units: number, until: number): Call => {
    const args = [provider, resource, units, until] as const
    return {
      to: contracts.capacityRegistry,
      data: encodeFunctionData({ abi: capacityRegistryAbi, functionName: 'commit', args }),
    }
  }

  async function addTenant(name: string): Promise<LocalAccount> {
    const tenant = await makeAccount(bench, name)
    await bench.send(owner, deposit(tenant.address, 1_000_000_000_000n))
    return tenant
  }

  async function addSeller(name: string): Promise<Seller> {
    const operator = await makeAccount(bench, name)
    const now = await bench.now()
    const expiry = now + DAY_SECONDS
    const consent = typedData(domain, 'OperatorAcceptance', {
      owner: owner.address,
      operator: operator.address,
      expiry,
    })
    const args = [
      operator.address,
      owner.address,
      '0x4445',
      zeroHash,
      expiry,
      await operator.signTypedData(consent),
    ] as const
    const receipt = await bench.send(owner, {
      to: contracts.providerRegistry,
      data: encodeFunctionData({ abi: providerRegistryAbi, functionName: 'register', args }),
    })
    const [registered] = parseEventLogs({
      abi: providerRegistryAbi,
      eventName: 'ProviderRegistered',
      logs: receipt.logs,
    })
    if (!registered) throw new Error('nobody was registered')
    const { provider } = registered.args
    await bench.send(owner, stake(provider, stakePerUnit * BigInt(COMMITTED_UNITS)))
    await bench.send(owner, commit(provider, COMMITTED_UNITS, now + 365 * DAY_SECONDS))
    return { provider, operator }
  }

  /** An order for 2 units for 30 days, unmonitored. */
  async function makeOrder(tenant: LocalAccount, nonce: number, change: Partial<Order> = {}): Promise<Order> {
    const now = await bench.now()
    return {
      tenant: tenant.address,
      agent: privateKeyToAccount(keccak256(tenant.address)).address,
      asset,
      resource,
      kind: kinds.service,
      tier: tiers.standard,
      units: 2,
      replicas: 1,
      maxPrice: price,
      duration: 30 * DAY_SECONDS,
      maxMinSeconds: 300,
      uptimeBps: 0,
      maxSilence: 0,
      worstLevel: 5,
      spread: 0,
      countries: [],
      verifier: zeroAddress,
      manifest: keccak256(toHex(`manifest ${nonce}`)),
      jobTerms: zeroHash,
      previous: zeroHash,
      handoverSeconds: 0,
      auctionEnd: now + 600,
      expiry: now + 3600,
      nonce: BigInt(nonce),
      ...change,
    }
  }

  function makeBid(seller: Seller, order: Order, bidPrice = price): Offer {
    return {
      provider: seller.provider,
      offerEpoch: 0,
      order: orderHash(domain, order),
      resource,
      asset,
      tier: order.tier,
      units: order.units,
      price: bidPrice,
      minSeconds: Math.min(60, order.maxMinSeconds),
      maxDuration: 60 * DAY_SECONDS,
      noticeSeconds: 0,
      expiry: order.expiry,
      salt: BigInt(keccak256(numberToHex(salt++))),
    }
  }

  const signBid = ({ operator }: Seller, offer: Offer) => operator.signTypedData(typedData(domain, 'Offer', offer))

  /**
   * The match of the order under the tenant's award, as it travels: one bid of each seller, or one bid of the only seller
   * for all replicas, which then is signed and checked once.
   */
  async function matchData(tenant: LocalAccount, order: Order, sellers: readonly Seller[]): Promise<Hex> {
    const [first] = sellers
    const alone = first !== undefined && sellers.every((seller) => seller === first)
    const shared = alone ? { ...makeBid(first, order), units: order.units * order.replicas } : undefined
    const offers = sellers.map((seller) => shared ?? makeBid(seller, order))
    const signatures = await Promise.all(
      sellers.map(async (seller, index): Promise<Hex> => {
        const offer = offers[index]
        return offer && (index === 0 || !shared) ? signBid(seller, offer) : '0x'
      }),
    )
    const award = {
      order: orderHash(domain, order),
      offers: offersHash(offers.map((offer) => offerHash(domain, offer))),
      deadline: order.expiry,
    }
    const awardSignature = await tenant.signTypedData(typedData(domain, 'Award', award))
    const args = [order, offers, signatures, award, awardSignature, []] as const
    return encodeFunctionData({ abi: orderBookAbi, functionName: 'matchOrder', args })
  }

  return {
    ...{ chainId: book.chainId, contracts, asset, owner, addTenant, addSeller, makeOrder, makeBid, signBid, matchData },
    ...{ mint, deposit, stake, commit },
    orderBook: (data: Hex): Call => ({ to: contracts.orderBook, data }),
    settle: (terms: readonly Terms[]) =>
      escrow(encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'settleByTime', args: [terms] })),
    setFee: (feeBps: number) =>
      escrow(encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'setFee', args: [feeBps] })),
    close: (terms: Terms) => escrow(encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'close', args: [terms] })),
    extend: (terms: Terms, end: number) =>
      escrow(encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'extend', args: [terms, end] })),
    abandon: (terms: Terms, reason: number) =>
      escrow(encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'abandon', args: [terms, reason, zeroHash] })),
    /** Lets escrow and staking take the owner's tokens, of which it gets plenty. */
    async supply() {
      await bench.send(owner, mint(owner.address, 10n ** 18n))
      for (const [token, spender] of [
        [asset, contracts.leaseEscrow],
        [contracts.stakeToken, contracts.staking],
      ] as const) {
        const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'approve', args: [spender, maxUint256] })
        await bench.send(owner, { to: token, data })
      }
    },
  }
}

/** The terms of the leases that a receipt tells were opened. */
export function openedIn(receipt: TransactionReceipt): Terms[] {
  return parseEventLogs({ abi: leaseEscrowAbi, eventName: 'LeaseOpened', logs: receipt.logs }).map(({ args }) => {
    if (leaseId(args.terms) !== args.lease) throw new Error('a lease is not the hash of its terms')
    return args.terms
  })
}
