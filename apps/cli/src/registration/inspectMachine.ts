import type { HostInspection } from '@tender/driver-docker'
import { formatSize } from '@tender/protocol'
import type { ProviderConfigFile } from '@tender/provider'
import { createContainerDriver, driverTroubles } from '../providerDrivers.ts'

/** What this machine has, and what it can run. */
export type Machine = HostInspection & {
  /** Containers can be run here. */
  containers: boolean
  /** Why not, one sentence; absent if they can. */
  noContainers?: string | undefined
}

export type MachineOptions = {
  /** Where the provider will keep everything. */
  stateDir: string
  /** The Docker engine's socket. */
  socket: string
  /** An OCI runtime to use, if not the engine's own choice. */
  runtime?: string | undefined
}

/**
 * Looks at this machine. Containers count as possible only if everything that isolates them works: the driver itself is asked.
 *
 * @throws the signal's reason
 */
export async function inspectMachine(options: MachineOptions, signal: AbortSignal): Promise<Machine> {
  const { createEngine, inspectHost } = await import('@tender/driver-docker')
  const engine = createEngine(options.socket).calls
  const host = await inspectHost({ engine, stateDir: options.stateDir }, signal)
  const noContainers = host.reason ?? (await driverTrouble(options, signal))
  return { ...host, containers: noContainers === undefined, noContainers }
}

async function driverTrouble({ stateDir, socket, runtime }: MachineOptions, signal: AbortSignal) {
  const driver = await createContainerDriver({ socket, stateDir: `${stateDir}/docker`, internet: true, runtime })
  const [trouble] = await driverTroubles([driver], signal)
  return trouble
}

/** For people. */
export function describeMachine(machine: Machine): string[] {
  const { cores, memoryBytes, disk, gpus, engine, virtualisation, kvm, runsc, containers, noContainers } = machine
  return [
    `${cores} cores, ${formatSize(memoryBytes)} of memory, ${formatSize(disk.freeBytes)} of ${formatSize(disk.totalBytes)} of disk free at ${disk.path}`,
    `virtualisation: ${virtualisation}${kvm ? ', and it can run virtual machines itself (/dev/kvm)' : ''}`,
    ...gpus.map(
      ({ resource, memoryBytes: bytes, driverVersion }) => `${resource}, ${formatSize(bytes)}, driver ${driverVersion}`,
    ),
    ...(engine
      ? [`Docker ${engine.version}, ${engine.storageDriver}, cgroup ${engine.cgroupVersion}${runsc ? ', gVisor' : ''}`]
      : []),
    containers ? 'it can run containers and Wasm' : `it can run Wasm only: ${noContainers}`,
  ]
}

/** What the configuration says of drivers. */
export function driversFor({ socket }: MachineOptions, containers: boolean, runtime?: string) {
  const docker = { socket, ...(runtime !== undefined && { runtime }) }
  return { wasm: {}, ...(containers && { docker }) } satisfies ProviderConfigFile['drivers']
}
