import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createLog, createLogFile } from '@tender/kit'
import { type Monitor, monitorConfigSchema, startMonitor } from '@tender/monitor'
import { peerIdOfPrivateKey, publicKeyOfPeer } from '@tender/network'
import {
  type AddressBook,
  createMarketClient,
  getBalance,
  getGasMoney,
  getMonitors,
  getStake,
  joinMonitor,
  type MarketClient,
  sendGasMoney,
  sendStakeTokens,
  stake,
} from '@tender/sdk'
import { type Address, type Hex, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { createJobDrivers } from '../monitorDrivers.ts'
import { governorKey, type MonitorRole, monitorRoles } from './cast.ts'
import type { DriverOf } from './startEmbeddedMarket.ts'

/** Whole stake tokens: all monitors have the same. */
const WEIGHT = 1_000
const STAKE = parseEther(`${WEIGHT}`)

/** For transactions: years of eras on a local chain. */
const GAS_MONEY = parseEther('100')

/**
 * Funds the market's monitors, and makes monitors of them. Every step looks at the chain first, so that a start that was killed
 * is finished by the next one.
 */
export async function setUpMonitors(rpcUrl: string, book: AddressBook): Promise<void> {
  const as = (key: Hex) => createMarketClient({ rpcUrl, book, account: privateKeyToAccount(key) })
  const governor = await as(governorKey)
  const known = new Set((await getMonitors(governor)).map(({ key }) => key))
  const missing = monitorRoles.filter(({ key }) => !known.has(privateKeyToAccount(key).address))
  for (const { key } of missing) await fund(governor, privateKeyToAccount(key).address)
  await Promise.all(missing.map(async ({ key }) => enlist(await as(key), key)))
}

async function fund(governor: MarketClient, account: Address): Promise<void> {
  const { balance } = await getGasMoney(governor, { account })
  if (balance < GAS_MONEY / 2n) await sendGasMoney(governor, { to: account, amount: GAS_MONEY })
  const { wallet } = await getBalance(governor, { account, asset: governor.book.contracts.stakeToken })
  const { bonded } = await getStake(governor, { monitor: account, account })
  if (wallet + bonded < STAKE) await sendStakeTokens(governor, { to: account, amount: STAKE })
}

/** It tells where it is dialled when it starts. */
async function enlist(monitor: MarketClient, key: Hex): Promise<void> {
  const account = privateKeyToAccount(key).address
  const { free } = await getStake(monitor, { monitor: account, account })
  if (free < STAKE) await stake(monitor, { monitor: account, amount: STAKE - free })
  await joinMonitor(monitor, { weight: WEIGHT, publicKey: publicKeyOfPeer(peerIdOfPrivateKey(key)), addresses: [] })
}

export type MonitorStart = {
  role: MonitorRole
  /** Its state is kept below it. */
  directory: string
  rpcUrl: string
  book: AddressBook
  /** On the loopback address; 0: any free one. */
  port: number
  bootstrap: string[]
  eraSeconds: number
  /** Where the Docker engine listens with which it judges jobs of containers; absent where the market runs none. */
  dockerSocket: string | undefined
  /** With what it judges jobs, from what it would. */
  driverOf: DriverOf | undefined
}

/** Starts one of the market's monitors. What it looks at and how often follows from how long eras are. */
export async function startEmbeddedMonitor({
  role,
  directory,
  rpcUrl,
  book,
  port,
  bootstrap,
  eraSeconds,
  dockerSocket: socket,
  driverOf = (_role, driver) => driver,
}: MonitorStart): Promise<Monitor> {
  const stateDir = join(directory, 'monitors', role.name)
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const config = monitorConfigSchema.parse({
    stateDir,
    rpcUrl,
    book,
    network: { listen: [`/ip4/127.0.0.1/tcp/${port}`], bootstrap },
    era: { reportDelaySeconds: Math.ceil(eraSeconds / 10), roundSeconds: Math.ceil(eraSeconds / 6) },
    probe: { meanSeconds: eraSeconds / 20, timeoutMs: 2_000, allowPrivate: true },
    challenge: { meanSeconds: eraSeconds / 10, deadlineMs: 2_000 },
    // Seldom where eras are long: the market is at rest most of the time, and so should this machine be.
    pingEveryMs: Math.max(1_000, eraSeconds * 100),
    vanishedAfterSeconds: Math.ceil(eraSeconds / 4),
    // A page of memory for each unit: this machine is all the providers' machines at once. Two monitors must have asked, or it
    // says nothing. Each task is a process, so eras of seconds have fewer.
    capacity: { momentsPerEra: Math.min(4, eraSeconds / 5), memoryKibPerUnit: 1_024, deadlineMs: 10_000 },
    jobs: { drivers: { wasm: {}, ...(socket !== undefined && { docker: { socket } }) } },
  })
  const log = createLog({ name: role.name, stream: createLogFile(join(stateDir, 'monitor.log')) })
  const drivers = (await createJobDrivers(config)).map((driver) => driverOf(role, driver))
  return startMonitor({ config, privateKey: role.key, drivers, log })
}
