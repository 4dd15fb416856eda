import { eraReportsAbi } from '@tender/abi'
import { type Address, zeroAddress } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import type { MonitorContact } from '../internal/contact.ts'
import { logPages } from '../internal/logPages.ts'

export type GetMonitorsParameters = {
  /** As of this block. @default the latest */
  blockNumber?: bigint | undefined
}

/** A monitor and where it says that it is dialled. Nothing ties the contact's public key to `key` but whoever dials it. */
export type Monitor = MonitorContact & {
  index: number
  key: Address
  /** What counts now, whole stake tokens. */
  weight: number
  /** What counts from `nextFrom` on, an era by the clock. */
  nextWeight: number
  nextFrom: number
}
export type GetMonitorsReturnType = Monitor[]

/**
 * The market's monitors by index, those included that do not count yet or any more.
 *
 * @example
 * const monitors = await getMonitors(market)
 * const total = monitors.reduce((sum, { weight }) => sum + weight, 0)
 */
export async function getMonitors(
  client: MarketClient,
  { blockNumber }: GetMonitorsParameters = {},
): Promise<GetMonitorsReturnType> {
  const at = blockNumber ?? (await translated(client, client.rpc.getBlockNumber()))
  const slots = await readSlots(client, at)
  const contacts = await readContacts(client, at, new Set(slots.map(({ key }) => key)))
  return slots.map((slot) => ({ ...slot, ...(contacts.get(slot.key) ?? { publicKey: '0x', addresses: [] }) }))
}

async function readSlots(client: MarketClient, blockNumber: bigint) {
  const reports = { address: client.book.contracts.eraReports, abi: eraReportsAbi, blockNumber } as const
  const count = await translated(client, client.rpc.readContract({ ...reports, functionName: 'monitorCount' }))
  const asked = Array.from({ length: Number(count) }, (_, index) =>
    client.rpc.readContract({ ...reports, functionName: 'monitorAt', args: [BigInt(index)] }),
  )
  const slots = await translated(client, Promise.all(asked))
  return slots.map((slot, index) => ({ index, ...slot })).filter(({ key }) => key !== zeroAddress)
}

/** The latest contact of each of `keys`. */
async function readContacts(
  client: MarketClient,
  toBlock: bigint,
  keys: ReadonlySet<Address>,
): Promise<Map<Address, MonitorContact>> {
  const contacts = new Map<Address, MonitorContact>()
  const told = {
    address: client.book.contracts.eraReports,
    abi: eraReportsAbi,
    eventName: 'MonitorContact',
    args: { key: [...keys] },
  } as const
  if (keys.size === 0) return contacts
  const pages = logPages(client, (range) => client.rpc.getContractEvents({ ...told, ...range, strict: true }), {
    toBlock: Number(toBlock),
  })
  for await (const page of pages) {
    for (const { args } of page.reverse()) {
      const addresses = args.addresses.split(' ').filter((text) => text !== '')
      if (!contacts.has(args.key)) contacts.set(args.key, { publicKey: args.publicKey, addresses })
    }
    if (contacts.size === keys.size) break
  }
  return contacts
}
