import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepPlayKey, type MonitorRole } from '@tender/cli'
import { createWasmDriver } from '@tender/driver-wasm'
import { createLog } from '@tender/kit'
import {
  type Monitor,
  type MonitorConfigFile,
  type MonitorOptions,
  monitorConfigSchema,
  startMonitor,
} from '@tender/monitor'
import { peerIdOfPrivateKey, publicKeyOfPeer } from '@tender/network'
import type { Dialable } from '@tender/protocol'
import type { AddressBook } from '@tender/sdk'
import type { Address } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type RpcCall, startRpcProxy } from './rpcProxy.ts'
import { type Place, startTender } from './tender.ts'

/** One of a market's monitors: its state and its port stay the same however often it is started. */
export type MarketMonitor = {
  readonly role: MonitorRole
  readonly address: Address
  readonly stateDir: string
  /** Where it is dialled while it runs in this process or its own place; `undefined`: it does not. */
  contact(): Dialable | undefined
  /** Ends it at once, as if its machine were switched off. Resolves when it is gone. */
  stop(): Promise<void>
  start(how?: Pick<MonitorOptions, 'createWatcher' | 'drivers'>): Promise<void>
  /** Starts it as a process of its own whose machine's clock is ahead by so much. */
  startWithClock(aheadMs: number): Promise<void>
  /** Judges what it asks its chain from now on; `undefined`: all passes. */
  judge(judge: ((calls: readonly RpcCall[]) => 'pass' | 'drop') | undefined): void
  close(): Promise<void>
}

/** A machine of its own for a monitor, where it runs as a process. */
export type MonitorPlace = Place & {
  address: string
  /** Of its chain, as seen from there. */
  rpcUrl: string
}

export type MarketMonitorOptions = {
  role: MonitorRole
  directory: string
  rpcUrl: string
  book: AddressBook
  port: number
  bootstrap: string[]
  /** Where it runs. @default in this process */
  place?: MonitorPlace | undefined
  /** How its visits differ from the others'. */
  probe?: MonitorConfigFile['probe']
}

const SHIFTED_CLOCK = fileURLToPath(new URL('./shiftedClock.ts', import.meta.url))

/** Starts a monitor with a proxy of its own between it and the chain. */
export async function startMarketMonitor(options: MarketMonitorOptions): Promise<MarketMonitor> {
  const { role, directory, rpcUrl, book, port, bootstrap, place, probe } = options
  let judging: ((calls: readonly RpcCall[]) => 'pass' | 'drop') | undefined
  const proxy = await startRpcProxy(rpcUrl, (calls) => judging?.(calls) ?? 'pass')
  const stateDir = join(directory, role.name)
  await mkdir(stateDir, { mode: 0o700 })
  const file: MonitorConfigFile = {
    stateDir,
    rpcUrl: place?.rpcUrl ?? proxy.url,
    book,
    network: { listen: [`/ip4/${place?.address ?? '127.0.0.1'}/tcp/${port}`], bootstrap },
    // A busy machine takes seconds for a round; while leaders overlap it takes longer still.
    era: { reportDelaySeconds: 1, roundSeconds: 4 },
    probe: { meanSeconds: 0.4, timeoutMs: 10_000, allowPrivate: true, ...probe },
    challenge: { meanSeconds: 1, deadlineMs: 10_000 },
    pingEveryMs: 1_000,
    vanishedAfterSeconds: 4,
    capacity: { momentsPerEra: 0 },
  }
  const config = monitorConfigSchema.parse(file)
  const log = createLog({ name: role.name, stream: createWriteStream(join(stateDir, 'log'), { flags: 'a' }) })
  let running: Monitor | undefined
  let child: ReturnType<typeof startTender> | undefined
  let addresses: string[] = []

  async function stop() {
    await running?.stop()
    running = undefined
    child?.process.kill('SIGKILL')
    await child?.finished
    child = undefined
    addresses = []
  }

  async function spawnAt(where: Place): Promise<string[]> {
    const home = join(directory, `${role.name}-home`)
    await keepPlayKey(home, role.name, role.key)
    await writeFile(join(home, 'monitor.json'), JSON.stringify(file))
    const command = ['monitor', 'start', '--config', join(home, 'monitor.json'), '--account', role.name, '--json']
    child = startTender(home, command, where)
    return JSON.parse(await child.nextLine()).addresses
  }

  const usualDrivers = [createWasmDriver({ stateDir: join(stateDir, 'jobs', 'wasm') })]

  async function start({
    createWatcher,
    drivers = usualDrivers,
  }: Pick<MonitorOptions, 'createWatcher' | 'drivers'> = {}) {
    await stop()
    if (place) {
      addresses = await spawnAt(place)
      return
    }
    running = await startMonitor({ config, privateKey: role.key, drivers, log, createWatcher })
    addresses = running.addresses()
  }

  await start()
  return {
    role,
    address: privateKeyToAccount(role.key).address,
    stateDir,
    contact: () =>
      addresses.length === 0 ? undefined : { publicKey: publicKeyOfPeer(peerIdOfPrivateKey(role.key)), addresses },
    stop,
    start,
    async startWithClock(aheadMs) {
      await stop()
      await spawnAt({
        spawn: (node, args, { env, ...rest }) =>
          spawn(node, ['--import', SHIFTED_CLOCK, ...args], { env: { ...env, CLOCK_AHEAD_MS: `${aheadMs}` }, ...rest }),
      })
    },
    judge(next) {
      judging = next
    },
    async close() {
      await stop()
      await proxy.close()
    },
  }
}
