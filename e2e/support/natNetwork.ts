import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** For hangs: a command of `ip` or `iptables` is done in milliseconds. */
const COMMAND_TIMEOUT_MS = 60_000

/**
 * Addresses that libp2p takes for public ones: it does not punch holes towards others. Nobody here can reach whoever really has
 * them while a network stands. Each process has a range of its own, since several networks may stand at once.
 */
const PUBLIC = `5.${1 + (process.pid % 254)}`

/** A machine of its own as far as the network goes; files and everything else are this machine's. */
export type NatHost = {
  /** What others on the same side of its router know it by. */
  readonly address: string
  /** Starts a command in it. It is killed when the network closes. */
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess
  /** Runs a command in it to its end. @returns standard output */
  run(command: string, args: readonly string[]): Promise<string>
}

/** A home router: what is behind it reaches everybody, and is reached by nobody. */
export type NatRouter = {
  /** What the world sees of everybody behind it. */
  readonly address: string
  addHost(name: string): Promise<NatHost>
}

/** A small internet in network namespaces of this machine. */
export type NatNetwork = {
  /** The address of this process in it, public. */
  readonly here: string
  /** A machine with a public address. */
  addHost(name: string): Promise<NatHost>
  /** `symmetric`: one that gives each connection a port of its own, so that nobody can tell it beforehand. */
  addRouter(name: string, options?: { symmetric: boolean }): Promise<NatRouter>
  /** Kills what runs in it, and removes it. */
  close(): Promise<void>
}

/** Why there can be no such network here; `undefined` if there can. */
export async function natNetworkMissing(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need Linux and root'
  const name = `tdr-${process.pid}-probe`
  try {
    await run('iptables', ['--version'], { timeout: COMMAND_TIMEOUT_MS })
    await ip('netns', 'add', name)
    await ip('netns', 'del', name)
    return undefined
  } catch (error) {
    return `network namespaces need iproute2 and iptables: ${error instanceof Error ? error.message : error}`
  }
}

/**
 * @example
 * const network = await startNatNetwork()
 * const relay = await network.addHost('relay')
 * const home = await (await network.addRouter('router')).addHost('home')
 * home.spawn('node', ['main.ts'])
 */
export async function startNatNetwork(): Promise<NatNetwork> {
  const prefix = `tdr-${process.pid}`
  const namespaces: string[] = []
  const children = new Set<ChildProcess>()
  let publicHosts = 1
  let routers = 0
  let links = 0

  async function addNamespace(name: string): Promise<string> {
    const full = `${prefix}-${name}`
    await ip('netns', 'add', full)
    namespaces.push(full)
    await within(full, 'ip', 'link', 'set', 'lo', 'up')
    return full
  }

  /** A cable from `namespace` (this process's own if absent), with an address there, to a bridge. */
  async function plug(namespace: string | undefined, address: string, bridge: { in: string; name: string }) {
    links += 1
    const [end, other] = [`tdr${process.pid % 100_000}e${links}`, `tdr${process.pid % 100_000}p${links}`]
    await ip('link', 'add', end, 'type', 'veth', 'peer', 'name', other)
    await ip('link', 'set', other, 'netns', bridge.in)
    await within(bridge.in, 'ip', 'link', 'set', other, 'master', bridge.name, 'up')
    if (namespace !== undefined) await ip('link', 'set', end, 'netns', namespace)
    const at = (...args: string[]) => (namespace === undefined ? ip(...args) : within(namespace, 'ip', ...args))
    await at('address', 'add', address, 'dev', end)
    await at('link', 'set', end, 'up')
    return end
  }

  async function addBridge(namespace: string, address?: string): Promise<{ in: string; name: string }> {
    await within(namespace, 'ip', 'link', 'add', 'lan', 'type', 'bridge')
    if (address !== undefined) await within(namespace, 'ip', 'address', 'add', address, 'dev', 'lan')
    await within(namespace, 'ip', 'link', 'set', 'lan', 'up')
    return { in: namespace, name: 'lan' }
  }

  function hostIn(namespace: string, address: string): NatHost {
    // Not `ip netns exec`: that has mounts of its own, which a Docker engine elsewhere would not see.
    const inside = (command: string, args: readonly string[]) => [
      `--net=/run/netns/${namespace}`,
      '--',
      command,
      ...args,
    ]
    return {
      address,
      spawn(command, args, options = {}) {
        const child = spawn('nsenter', inside(command, args), options)
        children.add(child)
        child.once('close', () => children.delete(child))
        return child
      },
      run: async (command, args) =>
        (await run('nsenter', inside(command, args), { timeout: COMMAND_TIMEOUT_MS })).stdout,
    }
  }

  const world = await addBridge(await addNamespace('world'))
  const here = `${PUBLIC}.0.1`
  const ownEnd = await plug(undefined, `${here}/16`, world)

  async function addRouter(name: string, { symmetric } = { symmetric: false }): Promise<NatRouter> {
    routers += 1
    const namespace = await addNamespace(name)
    const [address, inner] = [`${PUBLIC}.1.${routers}`, `192.168.${routers}`]
    const outside = await plug(namespace, `${address}/16`, world)
    const lan = await addBridge(namespace, `${inner}.1/24`)
    await within(namespace, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
    await within(
      namespace,
      'iptables',
      '-t',
      'nat',
      '-A',
      'POSTROUTING',
      '-o',
      outside,
      '-j',
      'MASQUERADE',
      ...(symmetric ? ['--random-fully'] : []),
    )
    const answers = ['-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT']
    await within(namespace, 'iptables', '-A', 'FORWARD', '-i', outside, ...answers)
    await within(namespace, 'iptables', '-A', 'FORWARD', '-i', outside, '-j', 'DROP')
    await within(
      namespace,
      'iptables',
      '-A',
      'INPUT',
      '-i',
      outside,
      '-m',
      'conntrack',
      '--ctstate',
      'NEW',
      '-j',
      'DROP',
    )
    let hosts = 1
    return {
      address,
      async addHost(hostName) {
        hosts += 1
        const host = await addNamespace(hostName)
        await plug(host, `${inner}.${hosts}/24`, lan)
        await within(host, 'ip', 'route', 'add', 'default', 'via', `${inner}.1`)
        return hostIn(host, `${inner}.${hosts}`)
      },
    }
  }

  return {
    here,
    async addHost(name) {
      publicHosts += 1
      const address = `${PUBLIC}.0.${publicHosts}`
      const namespace = await addNamespace(name)
      await plug(namespace, `${address}/16`, world)
      return hostIn(namespace, address)
    },
    addRouter,
    async close() {
      const ended = [...children].map((child) => new Promise((resolve) => child.once('close', resolve)))
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(ended)
      await ip('link', 'del', ownEnd).catch(() => {}) // gone with the other end
      for (const namespace of namespaces) await ip('netns', 'del', namespace)
    },
  }
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args, { timeout: COMMAND_TIMEOUT_MS })
}

function within(namespace: string, command: string, ...args: string[]): Promise<void> {
  return ip('netns', 'exec', namespace, command, ...args)
}
