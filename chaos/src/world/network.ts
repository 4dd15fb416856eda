import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A command of `ip` or `iptables` is done in milliseconds. */
const COMMAND_TIMEOUT_MS = 10_000

/** Addresses that libp2p takes for public ones. Nobody here can reach whoever really has them while a world stands. */
const PUBLIC = `6.${1 + (process.pid % 254)}.0`

/** A machine of its own as far as the network goes; files and everything else are this machine's. */
export type Host = {
  readonly address: string
  /** `undefined`: this process's own. */
  readonly namespace: string | undefined
  /** Starts a command in it, in a process group of its own: Ctrl-C in a terminal is not for it. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess
}

/** What joins the world's processes. */
export type Network = {
  /** The address of this process in it. */
  readonly here: string
  readonly namespaces: boolean
  addHost(name: string): Promise<Host>
  /**
   * Names below `localhost` lead to the loopback address, of each host its own: from now on who dials this port there, in any host
   * of now or later, comes out at `address`.
   */
  lead(port: number, address: string): Promise<void>
  /** Kills all that runs in it, and removes it. */
  close(): Promise<void>
}

/** Why processes cannot have network namespaces here; `undefined` if they can. */
export async function namespacesMissing(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need Linux and root'
  const name = `chaos-${process.pid}-probe`
  try {
    await run('iptables', ['--version'], { timeout: COMMAND_TIMEOUT_MS })
    await ip('netns', 'add', name)
    await ip('netns', 'del', name)
    return undefined
  } catch (error) {
    return `network namespaces need iproute2 and iptables: ${error instanceof Error ? error.message : error}`
  }
}

/** Everybody on the loopback address of this machine: nothing can be cut. */
export function loopbackNetwork(): Network {
  const host: Host = {
    address: '127.0.0.1',
    namespace: undefined,
    spawn: (command, args, options) => spawn(command, args, { ...options, detached: true }),
  }
  return {
    here: host.address,
    namespaces: false,
    addHost: async () => host,
    lead: async () => {},
    close: async () => {},
  }
}

/** A namespace for each host, joined by a bridge that is in one of its own: this machine's network gains one interface. */
export async function startNetwork(): Promise<Network> {
  const prefix = `chaos-${process.pid}`
  const namespaces: string[] = []
  const hosts: Host[] = []
  const ways: { port: number; address: string }[] = []
  let links = 0

  async function addNamespace(name: string): Promise<string> {
    const full = `${prefix}-${name}`
    await ip('netns', 'add', full)
    namespaces.push(full)
    await within(full, 'ip', 'link', 'set', 'lo', 'up')
    return full
  }

  /** A cable from `namespace` (this process's own if absent) to the bridge. */
  async function plug(namespace: string | undefined, address: string): Promise<string> {
    links += 1
    const [end, other] = [`chs${process.pid % 100_000}e${links}`, `chs${process.pid % 100_000}p${links}`]
    // Made where the bridge is, so that only one end of one cable is ever seen outside.
    await within(world, 'ip', 'link', 'add', end, 'type', 'veth', 'peer', 'name', other)
    await within(world, 'ip', 'link', 'set', other, 'master', 'lan', 'up')
    await within(world, 'ip', 'link', 'set', end, 'netns', namespace ?? String(process.pid))
    const at = (...args: string[]) => (namespace === undefined ? ip(...args) : within(namespace, 'ip', ...args))
    await at('address', 'add', `${address}/24`, 'dev', end)
    await at('link', 'set', end, 'up')
    return end
  }

  const world = await addNamespace('world')
  await within(world, 'ip', 'link', 'add', 'lan', 'type', 'bridge')
  await within(world, 'ip', 'link', 'set', 'lan', 'up')
  const here = `${PUBLIC}.1`
  const ownEnd = await plug(undefined, here)

  return {
    here,
    namespaces: true,
    async addHost(name) {
      const namespace = await addNamespace(name)
      const address = `${PUBLIC}.${hosts.length + 2}`
      await plug(namespace, address)
      await within(namespace, 'sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1')
      await within(namespace, ...rule('POSTROUTING', '-s', '127.0.0.0/8', '!', '-o', 'lo', '-j', 'MASQUERADE'))
      const inside = [`--net=/run/netns/${namespace}`, '--']
      const host: Host = {
        address,
        namespace,
        spawn: (command, args, options) =>
          spawn('nsenter', [...inside, command, ...args], { ...options, detached: true }),
      }
      hosts.push(host)
      for (const way of ways) await leadFrom(namespace, way)
      return host
    },
    async lead(port, address) {
      ways.push({ port, address })
      for (const { namespace } of hosts) if (namespace) await leadFrom(namespace, { port, address })
    },
    async close() {
      for (const namespace of namespaces) await killAllIn(namespace)
      await ip('link', 'del', ownEnd).catch(() => {}) // gone with the other end
      for (const namespace of namespaces) await ip('netns', 'del', namespace)
    },
  }
}

async function leadFrom(namespace: string, { port, address }: { port: number; address: string }): Promise<void> {
  const to = ['-d', '127.0.0.1', '-p', 'tcp', '--dport', `${port}`, '-j', 'DNAT', '--to', `${address}:${port}`]
  await within(namespace, ...rule('OUTPUT', ...to))
}

function rule(chain: string, ...words: string[]): [string, ...string[]] {
  return ['iptables', '-w', '-t', 'nat', '-A', chain, ...words]
}

async function killAllIn(namespace: string): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace], { timeout: COMMAND_TIMEOUT_MS })
  for (const pid of stdout.split(/\s+/).filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It ended meanwhile.
    }
  }
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args, { timeout: COMMAND_TIMEOUT_MS })
}

function within(namespace: string, ...command: string[]): Promise<void> {
  return ip('netns', 'exec', namespace, ...command)
}
