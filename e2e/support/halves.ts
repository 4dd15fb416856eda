import type { MonitorRole } from '@tender/cli'
import type { LocalChain } from '@tender/localchain'
import type { MonitorPlace } from './marketMonitor.ts'
import { type NatHost, startNatNetwork } from './natNetwork.ts'
import { startRpcProxy } from './rpcProxy.ts'

/**
 * A small internet for monitors, which falls into two halves when told: the near half has the market's providers, the far half
 * only itself. Both have the chain all the time, as by endpoints of their own.
 */
export type Halves = {
  /** Where everybody who is no monitor listens. */
  readonly here: string
  /** A machine of its own for a monitor; visitors there find leases at the ingress's port. */
  placeOf(role: MonitorRole, chain: LocalChain): Promise<MonitorPlace>
  /** From now on nothing goes from one half to the other: packets vanish, and nobody is told. */
  part(): Promise<void>
  join(): Promise<void>
  /** Kills what runs in it, and removes it. */
  close(): Promise<void>
}

type HalvesOptions = {
  isFar(role: MonitorRole): boolean
  /** Where providers' leases answer, at any address of `here`. */
  ingressPort: number
}

export async function startHalves({ isFar, ingressPort }: HalvesOptions): Promise<Halves> {
  const network = await startNatNetwork()
  const { here } = network
  const near: NatHost[] = []
  const far: NatHost[] = []
  let rpc: Promise<Awaited<ReturnType<typeof startRpcProxy>>> | undefined

  async function part() {
    const chainPort = new URL((await rpc)?.url ?? '').port
    // The near monitors first: who has lost the provider while others still answer would take it for the provider's doing.
    const drops = [
      ...near.flatMap(({ address }) => [`INPUT -s ${address}`, `OUTPUT -d ${address}`]),
      `INPUT -s ${here} -p tcp ! --sport ${chainPort}`,
      `OUTPUT -d ${here} -p tcp ! --dport ${chainPort}`,
    ]
    const commands = drops.map((drop) => `iptables -A ${drop} -j DROP`).join(' && ')
    await Promise.all(far.map((host) => host.run('sh', ['-c', commands])))
  }

  return {
    here,
    async placeOf(role, chain) {
      rpc ??= startRpcProxy(chain.url, () => 'pass', here)
      const { url: rpcUrl } = await rpc
      const host = await network.addHost(role.name)
      const half = isFar(role) ? far : near
      half.push(host)
      await leadVisitors(host, here, ingressPort)
      return { address: host.address, rpcUrl, spawn: host.spawn }
    },
    part,
    async join() {
      for (const host of far) for (const chain of ['INPUT', 'OUTPUT']) await host.run('iptables', ['-F', chain])
    },
    async close() {
      await network.close()
      await (await rpc)?.close()
    },
  }
}

/** Names below `localhost`, as leases have where there is no other domain, lead to the ingress from that machine too. */
async function leadVisitors(host: NatHost, to: string, port: number): Promise<void> {
  const tcp = ['-p', 'tcp', '--dport', `${port}`]
  const nat = (...rule: string[]) => host.run('iptables', ['-t', 'nat', '-A', ...rule])
  await host.run('sysctl', ['-qw', 'net.ipv4.conf.all.route_localnet=1'])
  await nat('OUTPUT', ...tcp, '-d', '127.0.0.1', '-j', 'DNAT', '--to-destination', `${to}:${port}`)
  await nat('POSTROUTING', ...tcp, '-d', to, '-j', 'SNAT', '--to-source', host.address)
}
