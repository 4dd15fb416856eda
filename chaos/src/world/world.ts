import type { AddressBook, MarketAsset } from '@tender/sdk'
import type { Address, Hex } from 'viem'
import type { TakenBack } from '../history.ts'
import type { RpcGate } from './rpcGate.ts'

export type ProcessKind = 'chain' | 'relay' | 'provider' | 'monitor' | 'gateway'

/** How a process starts: as usual, unless told. */
export type StartHow = {
  /** Added to its environment. */
  env?: Readonly<Record<string, string>>
  /** Modules that its Node loads before anything else, as absolute paths. */
  imports?: readonly string[]
}

/** One of the market's processes. It goes by the same name, port, key and state directory however often it starts. */
export type WorldProcess = {
  /** e.g. `alpine`, `dawn`, `relay`, `gateway`, `chain`. */
  readonly name: string
  readonly kind: ProcessKind
  /** Of the process itself; `undefined` while it is down. */
  readonly pid: number | undefined
  /** All that it keeps. A file system of its own where {@link World.smallDisks}. */
  readonly stateDir: string
  /** What it printed, all starts one after the other. */
  readonly logFile: string
  /** The network namespace that it runs in; `undefined`: this process's own. */
  readonly namespace: string | undefined
  /** Where its peers and visitors reach it. */
  readonly address: string
  /** Where its peer is dialled, a multiaddr with its peer id; `undefined` for the chain. */
  readonly peer: string | undefined
  /** Between it and the chain; `undefined` for the chain. */
  readonly rpc: RpcGate | undefined
  /** The account that it signs with; `undefined` for the chain. */
  readonly account: Address | undefined
  /** SIGKILL; resolves when it is gone. Does nothing while it is down. */
  kill(): Promise<void>
  /**
   * Resolves once it says that it runs, or was killed meanwhile. Does nothing while it is up. One that ends by itself is started
   * again, as a service manager does it.
   *
   * @throws if it does not come up within minutes
   */
  start(how?: StartHow): Promise<void>
  /** SIGSTOP: it is there, and does nothing. */
  pause(): void
  /** SIGCONT. */
  resume(): void
}

/** A market of real processes on this machine. */
export type World = {
  /** The chain first, then relay, providers, monitors, gateway. */
  readonly processes: readonly WorldProcess[]
  /** @throws {Error} if there is none of that name */
  process(name: string): WorldProcess
  /** The chain itself, past all gates: for the checker, and for faults of the chain. The same for the whole run. */
  readonly chainUrl: string
  readonly chainId: number
  readonly book: AddressBook
  /** What is paid with. */
  readonly asset: MarketAsset
  readonly eraSeconds: number
  /** Everybody's files are below it. */
  readonly folder: string
  /** Providers by their numbers on the chain, with the processes that they are. */
  readonly providers: readonly { readonly id: bigint; readonly name: string; readonly owner: Address }[]
  /** Accounts with keys that everybody knows: for faults that act on the chain. */
  readonly governorKey: Hex
  /** Leases that were in blocks which a reorganisation took back, and when. One that was opened again is in the chain all the same. */
  readonly takenBack: TakenBack[]
  /** True if each process has a network namespace of its own, and connections can be cut. */
  readonly namespaces: boolean
  /** True if each state directory is a small file system of its own, which can be filled up. */
  readonly smallDisks: boolean
  /** Aborted when the run ends early. */
  readonly signal: AbortSignal
}
