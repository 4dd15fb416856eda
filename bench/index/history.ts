import { capacityRegistryAbi, leaseEscrowAbi, providerRegistryAbi } from '@tender/abi'
import { leaseId, resourceId, type Terms } from '@tender/protocol'
import type { AddressBook } from '@tender/sdk'
import {
  type AbiEvent,
  type Address,
  encodeAbiParameters,
  encodeEventTopics,
  getAbiItem,
  type Hex,
  numberToHex,
  pad,
  zeroAddress,
  zeroHash,
} from 'viem'

// A made-up past: leases of an hour, paid in full, by ten thousand tenants at a hundred providers.

const TENANTS = 10_000
const PROVIDERS = 100

export const GENESIS = 1_700_000_000
export const DEPLOY_BLOCK = 10

type RawLog = { address: Address; topics: Hex[]; data: Hex }

const addressOf = (number: number) => pad(numberToHex(number), { size: 20 })
const contract = (index: number) => addressOf(0x1000 + index)
const dollar = contract(20)

export const book: AddressBook = {
  chainId: 1,
  deployBlock: DEPLOY_BLOCK,
  contracts: {
    accessManager: contract(0),
    stakeToken: contract(1),
    providerRegistry: contract(2),
    staking: contract(3),
    capacityRegistry: contract(4),
    leaseEscrow: contract(5),
    orderBook: contract(6),
    rewards: contract(7),
    eraReports: contract(8),
    jobs: contract(9),
  },
  assets: [dollar],
}

const { leaseEscrow, providerRegistry, capacityRegistry } = book.contracts
const escrowEvent = (
  name:
    | 'AssetChanged'
    | 'Deposited'
    | 'LeaseOpened'
    | 'LeaseSettled'
    | 'LeaseEnded'
    | 'LeaseReleased'
    | 'LeaseResolved',
) => getAbiItem({ abi: leaseEscrowAbi, name })
const opened = escrowEvent('LeaseOpened')
const settled = escrowEvent('LeaseSettled')
const ended = escrowEvent('LeaseEnded')
const released = escrowEvent('LeaseReleased')
const resolved = escrowEvent('LeaseResolved')

/** Classes, assets, providers with their capacity, tenants with their money. */
export const setUpLogs: readonly RawLog[] = [
  encode(capacityRegistry, getAbiItem({ abi: capacityRegistryAbi, name: 'ResourceChanged' }), {
    resource: resourceId('cu'),
    listed: true,
    stakePerUnit: 10n,
  }),
  encode(leaseEscrow, escrowEvent('AssetChanged'), { asset: dollar, allowed: true }),
  ...Array.from({ length: PROVIDERS }, (_, index) => index + 1).flatMap((id) => [
    encode(providerRegistry, getAbiItem({ abi: providerRegistryAbi, name: 'ProviderRegistered' }), {
      provider: BigInt(id),
      owner: addressOf(0x2000 + id),
      operator: addressOf(0x3000 + id),
      payout: addressOf(0x2000 + id),
      country: '0x4445',
      metadata: zeroHash,
    }),
    encode(capacityRegistry, getAbiItem({ abi: capacityRegistryAbi, name: 'Committed' }), {
      provider: BigInt(id),
      resource: resourceId('cu'),
      committed: 1_000_000,
      stakePerUnit: 10n,
      until: GENESIS * 2,
    }),
  ]),
  ...Array.from({ length: TENANTS }, (_, index) =>
    encode(leaseEscrow, escrowEvent('Deposited'), {
      account: addressOf(0x10000 + index),
      asset: dollar,
      amount: 10n ** 15n,
      from: addressOf(0x10000 + index),
    }),
  ),
]

/** What happened in the block of that age: leases that opened, and were paid for and ended at once. */
export function eventLogs(age: number, leases: number, start: number): RawLog[] {
  return Array.from({ length: leases }, (_, index) => lifeOf(age * leases + index, start)).flat()
}

function lifeOf(number: number, start: number): RawLog[] {
  const terms = termsOf(number, start)
  const lease = leaseId(terms)
  return [
    encode(leaseEscrow, opened, { lease, tenant: terms.tenant, provider: terms.provider, end: start + 3600, terms }),
    encode(leaseEscrow, settled, { lease, secondsPaid: 1800, paid: 1782n, fee: 18n }),
    encode(leaseEscrow, ended, { lease, reason: 1, closedAt: start + 1800, refunded: 1800n, evidence: zeroHash }),
    encode(leaseEscrow, released, { lease }),
    encode(leaseEscrow, resolved, { lease, refunded: 0n }),
  ]
}

function termsOf(number: number, start: number): Terms {
  const provider = 1 + (number % PROVIDERS)
  return {
    order: pad(numberToHex(number + 1), { size: 32 }),
    offer: pad(numberToHex(number + 2 ** 33), { size: 32 }),
    index: 0,
    tenant: addressOf(0x10000 + ((number * 7919) % TENANTS)),
    provider: BigInt(provider),
    payout: addressOf(0x2000 + provider),
    asset: dollar,
    resource: resourceId('cu'),
    units: 1,
    rate: 3_600n,
    start,
    latestEnd: start + 86_400,
    kind: 0,
    tier: 1,
    uptimeBps: 0,
    maxSilence: 0,
    minSeconds: 0,
    noticeSeconds: 0,
    startWindow: 600,
    jobTerms: zeroHash,
    verifier: zeroAddress,
  }
}

/** An event as its contract would log it. */
function encode(address: Address, event: AbiEvent, args: Record<string, unknown>): RawLog {
  // CAST: all arguments of the event's topics are given, and none is a choice of several
  const topics = encodeEventTopics({ abi: [event], args }) as Hex[]
  const inputs = event.inputs.filter(({ indexed }) => !indexed)
  return {
    address,
    topics,
    data: encodeAbiParameters(
      inputs,
      inputs.map(({ name = '' }) => args[name]),
    ),
  }
}
