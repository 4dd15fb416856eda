import type { Hex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { bytesToHex } from 'viem/utils'

/** The words every local chain funds its accounts from. Public: these keys are for play money only. */
const MNEMONIC = 'test test test test test test test test test test test junk'

/** The key of one of the local chain's ready-made accounts. */
function readyMadeKey(addressIndex: number): Hex {
  const { privateKey } = mnemonicToAccount(MNEMONIC, { addressIndex }).getHdKey()
  if (!privateKey) throw new Error('a mnemonic gives private keys')
  return bytesToHex(privateKey)
}

/** Deploys the contracts and stands for governance, and has the stake tokens to begin with. */
export const governorKey = readyMadeKey(0)

/** Rents. */
export const tenantKey = readyMadeKey(1)

/** Who may become a provider too: its owner has stake to begin with. */
export const newcomerKeys = { owner: readyMadeKey(8), operator: readyMadeKey(9) } as const

/** One of the embedded market's providers: they differ in price and country, as real ones do. */
export type ProviderRole = {
  name: string
  country: string
  /** Per compute unit and hour, as people write it. */
  price: string
  units: number
  ownerKey: Hex
  operatorKey: Hex
}

export const providerRoles: readonly ProviderRole[] = [
  {
    name: 'alpine',
    country: 'CH',
    price: '0.024 USDC/h',
    units: 8,
    ownerKey: readyMadeKey(2),
    operatorKey: readyMadeKey(5),
  },
  {
    name: 'baltic',
    country: 'EE',
    price: '0.021 USDC/h',
    units: 8,
    ownerKey: readyMadeKey(3),
    operatorKey: readyMadeKey(6),
  },
  {
    name: 'cascade',
    country: 'CA',
    price: '0.019 USDC/h',
    units: 16,
    ownerKey: readyMadeKey(4),
    operatorKey: readyMadeKey(7),
  },
]

export type MonitorRole = { name: string; key: Hex }

/** Four: one may lie or be silent, and the other three still are more than two thirds. */
export const monitorRoles: readonly MonitorRole[] = ['dawn', 'noon', 'dusk', 'night'].map((name, index) => ({
  name,
  key: readyMadeKey(10 + index),
}))

/** The gateway's peer; it needs no money. */
export const gatewayKey = readyMadeKey(14)

/** Rents now and then, so that there is something to see. */
export const visitorKey = readyMadeKey(15)
