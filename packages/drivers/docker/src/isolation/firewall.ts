import { existsSync } from 'node:fs'
import { TenderError } from '@tender/protocol'
import { parseRange } from './ranges.ts'
import { CommandFailedError, runCommand } from './runCommand.ts'

export type FirewallOptions = {
  /**
   * Addresses or ranges (IPv4) to close beside the private ones, e.g. the public address of a host behind 1:1 NAT. The rules are
   * one set for the host: all its agents need the same list.
   */
  readonly forbidden?: readonly string[]
}

/** What lease networks may reach. The same rules for all leases, told apart by the names of their bridges. */
export type Firewall = {
  /** Puts the rules in force, whatever was there. Idempotent; some 10 ms if they are. @throws {TenderError} `firewallFailed` */
  ensure(signal: AbortSignal): Promise<void>
  /** Takes away everything that `ensure` made. Idempotent. */
  remove(signal: AbortSignal): Promise<void>
}

/** Bridges of leases with and without internet. Interface names have at most 15 characters. */
export const INTERNET_BRIDGE = 'tdr-i'
export const CLOSED_BRIDGE = 'tdr-n'

/** Size of a lease's network. */
export const LEASE_PREFIX_BITS = 26

const ANY = '-i tdr-+'
const INTERNET = `-i ${INTERNET_BRIDGE}+`
const FORWARD = 'TENDER-FORWARD'
const INPUT = 'TENDER-INPUT'

/** Everything that IANA's registry of special addresses does not call global, and multicast. Metadata services are among it. */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Public, but metadata services: Azure's agent and Oracle's and Alibaba's, of which the latter are in ranges above.
  '168.63.129.16/32',
]

/** Connections that one lease may open at a time. The host's table of connections is one for all, and often has 65,536 rows. */
const MOST_CONNECTIONS = 4_096

/** A refusal is told at once: a workload that may not does not hang, and learns nothing but that. */
const REFUSE = 'REJECT --reject-with icmp-admin-prohibited'

function forwardRules(forbidden: readonly string[]): string[] {
  const tooMany = `-m connlimit --connlimit-above ${MOST_CONNECTIONS} --connlimit-mask ${LEASE_PREFIX_BITS} --connlimit-saddr`
  return [
    `${ANY} -m conntrack --ctstate NEW ${tooMany} -j DROP`,
    // With br_netfilter, what stays within one bridge passes here too: a lease's own business.
    `${ANY} -m physdev --physdev-is-bridged -j RETURN`,
    `${ANY} -o tdr-+ -j ${REFUSE}`,
    // Into a lease only answers. The host itself, and so the ingress, does not pass here.
    `-o tdr-+ -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN`,
    `-o tdr-+ -j DROP`,
    `${ANY} -m conntrack --ctstate INVALID -j DROP`,
    // What the host publishes, its own containers' ports for example, is the host.
    `${ANY} -m conntrack --ctstate DNAT -j ${REFUSE}`,
    ...[...NOT_PUBLIC, ...forbidden].map((range) => `${INTERNET} -d ${range} -j ${REFUSE}`),
    // Mail from here would be spam and cost the host's address its name.
    `${INTERNET} -p tcp --dport 25 -j ${REFUSE}`,
    `${INTERNET} -j RETURN`,
    `${ANY} -j ${REFUSE}`,
  ]
}

const inputRules = [
  // Answers to what the host itself opened: health checks, the ingress, tunnels.
  `${ANY} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`,
  `${ANY} -j ${REFUSE}`,
]

/** Lease networks have no IPv6; what a bridge does by itself (link-local addresses) leads nowhere. */
const closed6 = [`${ANY} -j DROP`, `-o tdr-+ -j DROP`]

const V4 = { tool: 'iptables', hooks: { [FORWARD]: 'DOCKER-USER', [INPUT]: 'INPUT' } }
const V6 = { tool: 'ip6tables', hooks: { [FORWARD]: 'FORWARD', [INPUT]: 'INPUT' } }
type Family = typeof V4

/**
 * A firewall for lease networks, through iptables. Docker keeps the chain `DOCKER-USER` over its own restarts and asks it first,
 * so the rules stay in force while dockerd is replaced; they do not survive a reboot or `iptables -F`, hence `ensure` before each
 * use.
 *
 * @throws {TenderError} `badRange`: an entry of `forbidden` is not an IPv4 address or range
 *
 * @example
 * const firewall = createFirewall({ forbidden: ['198.51.100.7'] })
 * await firewall.ensure(signal)
 */
export function createFirewall({ forbidden = [] }: FirewallOptions = {}): Firewall {
  for (const range of forbidden) parseRange(range.includes('/') ? range : `${range}/32`)
  const rules4 = { [FORWARD]: forwardRules(forbidden), [INPUT]: inputRules }
  const rules6 = { [FORWARD]: closed6, [INPUT]: [`${ANY} -j DROP`] }
  const putInForce = async (signal: AbortSignal) => {
    await checkDocker(signal)
    await load(V4, rules4, signal)
    if (hasIPv6()) await load(V6, rules6, signal)
  }
  /** What the kernel says of the rules that were put in force last. */
  let inForce: string | undefined
  return {
    ensure: async (signal) => {
      try {
        // To look costs a tenth of what it costs to load.
        if (inForce !== undefined && inForce === (await look(signal))) return
        await putInForce(signal)
        inForce = await look(signal)
      } catch (error) {
        throw failed(error, signal)
      }
    },
    remove: async (signal) => {
      for (const family of hasIPv6() ? [V4, V6] : [V4]) await unload(family, signal)
    },
  }
}

/** Our chains, and what is asked before them: if that is the same as it was, so is what they do. */
async function look(signal: AbortSignal): Promise<string> {
  const families = hasIPv6() ? [V4, V6] : [V4]
  const texts = await Promise.all(
    families.map(async ({ tool, hooks }) => {
      const { stdout } = await runCommand(`${tool}-save`, ['-t', 'filter'], { signal })
      const lines = stdout.split('\n').filter((line) => line.startsWith('-A '))
      const own = lines.filter((line) => Object.keys(hooks).some((chain) => line.startsWith(`-A ${chain} `)))
      const first = ['FORWARD', ...Object.values(hooks)].map((hook) =>
        lines.find((line) => line.startsWith(`-A ${hook} `)),
      )
      return [...own, ...first].join('\n')
    }),
  )
  return texts.join('\n')
}

/** Chains are replaced as a whole, in one transaction: there is no moment without rules. */
async function load({ tool, hooks }: Family, rules: Record<string, string[]>, signal: AbortSignal): Promise<void> {
  const chains = Object.keys(rules).map((chain) => `:${chain} - [0:0]`)
  const lines = Object.entries(rules).flatMap(([chain, list]) => list.map((rule) => `-A ${chain} ${rule}`))
  const input = ['*filter', ...chains, ...lines, 'COMMIT', ''].join('\n')
  await runCommand(`${tool}-restore`, ['--noflush', '-w', '10'], { input, signal })
  for (const [chain, hook] of Object.entries(hooks)) await putFirst(tool, hook, chain, signal)
}

/** A rule before ours could let pass what ours refuses. */
async function putFirst(tool: string, hook: string, chain: string, signal: AbortSignal): Promise<void> {
  const { stdout } = await runCommand(tool, ['-w', '10', '-S', hook], { signal })
  const rules = stdout.split('\n').filter((line) => line.startsWith('-A'))
  const jump = `-A ${hook} -j ${chain}`
  if (rules[0] === jump && rules.filter((rule) => rule === jump).length === 1) return
  // First the new one, then the old ones, which are found from the top.
  const stale = rules.map((rule, index) => (rule === jump ? index + 2 : 0)).filter((number) => number > 0)
  await runCommand(tool, ['-w', '10', '-I', hook, '1', '-j', chain], { signal })
  for (const number of stale.reverse()) await runCommand(tool, ['-w', '10', '-D', hook, `${number}`], { signal })
}

async function unload({ tool, hooks }: Family, signal: AbortSignal): Promise<void> {
  for (const [chain, hook] of Object.entries(hooks)) {
    const { stdout } = await runCommand(tool, ['-w', '10', '-S'], { signal })
    const lines = stdout.split('\n')
    for (const line of lines.filter((rule) => rule === `-A ${hook} -j ${chain}`))
      await runCommand(tool, ['-w', '10', '-D', ...line.split(' ').slice(1)], { signal })
    if (!lines.includes(`-N ${chain}`)) continue
    await runCommand(tool, ['-w', '10', '-F', chain], { signal })
    await runCommand(tool, ['-w', '10', '-X', chain], { signal })
  }
}

/** Docker asks `DOCKER-USER` first of all; after a foreign `iptables -F` it is mended here. */
async function checkDocker(signal: AbortSignal): Promise<void> {
  const { stdout } = await runCommand('iptables', ['-w', '10', '-S'], { signal })
  const lines = stdout.split('\n')
  if (!lines.includes('-N DOCKER-USER'))
    throw new TenderError('the Docker engine has no chain DOCKER-USER in the iptables of this host', {
      code: 'firewallFailed',
      class: 'provider',
      hint: 'Run dockerd with --iptables=true and the iptables firewall backend, and the agent in the same network namespace.',
    })
  if (!lines.includes('-A FORWARD -j DOCKER-USER'))
    await runCommand('iptables', ['-w', '10', '-I', 'FORWARD', '1', '-j', 'DOCKER-USER'], { signal })
}

function hasIPv6(): boolean {
  return existsSync('/proc/net/if_inet6')
}

function failed(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || (error instanceof TenderError && !(error instanceof CommandFailedError))) return error
  return new TenderError('the firewall of lease networks cannot be put in force', {
    code: 'firewallFailed',
    class: 'provider',
    hint: 'The agent needs root and iptables with the matches conntrack, connlimit and physdev.',
    cause: error,
  })
}
