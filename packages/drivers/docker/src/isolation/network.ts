import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { LeaseId } from '@tender/driver'
import { TenderError } from '@tender/protocol'
import type Docker from 'dockerode'
import { z } from 'zod'
import { statusOf } from '../statusOf.ts'
import { CLOSED_BRIDGE, type Firewall, INTERNET_BRIDGE, LEASE_PREFIX_BITS } from './firewall.ts'
import { formatAddress, overlap, parseRange, type Range } from './ranges.ts'
import type { LeaseNetwork } from './types.ts'

export type LeaseNetworksOptions = {
  readonly engine: Docker
  readonly firewall: Firewall
  /** Lease networks are taken out of it, 64 addresses each. Default: `10.213.0.0/16`, enough for 1024 leases. */
  readonly pool?: string
  /** Resolvers of leases with internet; they must be public, since private addresses are closed. Default: 1.1.1.1 and 9.9.9.9. */
  readonly resolvers?: readonly string[]
}

/** One private network for each lease. Everything is idempotent on the lease. */
export type LeaseNetworks = {
  /**
   * Finds or creates the lease's network, after the firewall is in force.
   *
   * @throws {TenderError} `noFreeNetwork`; `networkDiffers` the lease has one with another answer to `internet`
   */
  ensure(leaseId: LeaseId, options: { internet: boolean }, signal: AbortSignal): Promise<LeaseNetwork>
  find(leaseId: LeaseId, signal: AbortSignal): Promise<LeaseNetwork | undefined>
  /** Its containers have to be gone. Idempotent. */
  remove(leaseId: LeaseId, signal: AbortSignal): Promise<void>
}

const LABEL = 'tender.network'
const SIZE = 2 ** (32 - LEASE_PREFIX_BITS)
const POOL = '10.213.0.0/16'
const RESOLVERS = ['1.1.1.1', '9.9.9.9']

/** How often a network is tried whose rules somebody else disturbs, and how long at most in between. */
const MOST_TRIES = 5
const LONGEST_PAUSE_MS = 200

/**
 * The resolver of leases without internet. Docker would ask the host's own, from the host, and so carry questions (and what is
 * hidden in them) out of a network that leads nowhere; this reserved address has no route from there.
 */
const NOWHERE = ['240.0.0.53']

const networkSchema = z.object({
  Id: z.string().max(128),
  Name: z.string().max(256),
  Internal: z.boolean(),
  IPAM: z.object({
    Config: z
      .array(z.object({ Subnet: z.string().max(64).optional(), Gateway: z.string().max(64).optional() }))
      .nullish(),
  }),
  Options: z.record(z.string(), z.string()).nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
})
type EngineNetwork = z.infer<typeof networkSchema>

/**
 * The private networks of leases: a bridge each, without IPv6, `internal` unless the lease has internet. Names of services are
 * for Docker's own resolver; what else can be reached is for the {@link Firewall}.
 *
 * @example
 * const networks = createLeaseNetworks({ engine, firewall })
 * const { name, address } = await networks.ensure(leaseId, { internet: false }, signal)
 */
export function createLeaseNetworks({ engine, firewall, ...options }: LeaseNetworksOptions): LeaseNetworks {
  const pool = parseRange(options.pool ?? POOL)
  const resolvers = options.resolvers ?? RESOLVERS
  const list = async (leaseId?: LeaseId): Promise<EngineNetwork[]> => {
    const options = leaseId === undefined ? {} : { filters: { label: [`${LABEL}=${leaseId}`] } }
    return z.array(networkSchema).parse(await engine.listNetworks(options))
  }
  const view = (leaseId: LeaseId, network: EngineNetwork) => viewOf(leaseId, network, resolvers)
  const find = async (leaseId: LeaseId): Promise<LeaseNetwork | undefined> => {
    const found = (await list(leaseId)).find(({ Labels }) => Labels?.[LABEL] === leaseId)
    return found && view(leaseId, found)
  }
  // One at a time: two at once would choose the same subnet.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const next = last.then(task, task)
    last = next.catch(() => {})
    return next
  }
  const create = async (leaseId: LeaseId, internet: boolean, signal: AbortSignal): Promise<LeaseNetwork> => {
    for (const subnet of freeSubnets(pool, await list())) {
      signal.throwIfAborted()
      const created = await undisturbed(() => createNetwork(engine, leaseId, subnet, internet), signal)
      if (!created) continue
      const found = await find(leaseId)
      if (found) return found
    }
    throw new TenderError('no free network is left for a lease', {
      code: 'noFreeNetwork',
      class: 'provider',
      hint: `Give the docker driver a larger pool than ${options.pool ?? POOL}.`,
    })
  }
  return {
    find,
    ensure: async (leaseId, { internet }, signal) => {
      await firewall.ensure(signal)
      const network = await inTurn(async () => (await find(leaseId)) ?? (await create(leaseId, internet, signal)))
      if (network.internet === internet) return network
      throw new TenderError(`the network of lease ${leaseId} has ${internet ? 'no ' : ''}internet already`, {
        code: 'networkDiffers',
        class: 'conflict',
        data: { leaseId },
      })
    },
    remove: async (leaseId, signal) => {
      for (const { Id, Labels } of await list(leaseId)) {
        signal.throwIfAborted()
        if (Labels?.[LABEL] === leaseId) await engine.getNetwork(Id).remove().catch(unlessGone)
      }
    },
  }
}

/** False: somebody else took the subnet in between. */
async function createNetwork(engine: Docker, leaseId: LeaseId, subnet: Range, internet: boolean): Promise<boolean> {
  const hex = subnet.first.toString(16).padStart(8, '0')
  try {
    await engine.createNetwork({
      Name: `tender-${leaseId}`,
      CheckDuplicate: true,
      Driver: 'bridge',
      Internal: !internet,
      EnableIPv6: false,
      Labels: { [LABEL]: leaseId },
      Options: { 'com.docker.network.bridge.name': `${internet ? INTERNET_BRIDGE : CLOSED_BRIDGE}${hex}` },
      IPAM: {
        Driver: 'default',
        Config: [
          { Subnet: `${formatAddress(subnet.first)}/${LEASE_PREFIX_BITS}`, Gateway: formatAddress(subnet.first + 1) },
        ],
      },
    })
    return true
  } catch (error) {
    // 403: the pool overlaps with another network; 409: another process made this very network.
    const statusCode = statusOf(error)
    if (statusCode === 403 || statusCode === 409) return statusCode === 409
    throw error
  }
}

/**
 * Tries again what the engine could not do because another program changed the host's rules at the same moment, as a second
 * engine does with each network that it makes: it then looks for a rule, and finds it gone when it moves it.
 */
async function undisturbed<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted()
    try {
      return await act()
    } catch (error) {
      const wasDisturbed = statusOf(error) === 500 && String(error).includes('iptables failed')
      if (!wasDisturbed || tries === MOST_TRIES) throw error
      // An abort ends the wait early; the loop then throws its reason.
      await delay(randomInt(LONGEST_PAUSE_MS), undefined, { signal }).catch(() => {})
    }
  }
}

/** Starting anywhere: two agents or engines on one host would else try the same one after the other. */
function* freeSubnets(pool: Range, networks: readonly EngineNetwork[]): Iterable<Range> {
  const taken = [...networks.flatMap(rangesOf), ...hostRanges()]
  const count = Math.floor((pool.last - pool.first + 1) / SIZE)
  const start = count > 0 ? randomInt(count) : 0
  for (let index = 0; index < count; index++) {
    const first = pool.first + ((start + index) % count) * SIZE
    const range = { first, last: first + SIZE - 1 }
    if (!taken.some((other) => overlap(range, other))) yield range
  }
}

function rangesOf({ IPAM }: EngineNetwork): Range[] {
  const subnets = (IPAM.Config ?? []).flatMap(({ Subnet }) => (Subnet?.includes('.') ? [Subnet] : []))
  return subnets.map(parseRange)
}

/** What the host reaches already, by its interfaces or its routes (a VPN, a LAN behind a router). */
function hostRanges(): Range[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const own = addresses.flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? [parseRange(cidr)] : []))
  const rows = readFileSync('/proc/net/route', 'utf8').trim().split('\n').slice(1)
  const routes = rows.flatMap((row) => {
    const [, destination = '', , , , , , mask = ''] = row.split('\t')
    const [first, bits] = [littleEndian(destination), littleEndian(mask)]
    // The default route leads everywhere.
    return bits === 0 ? [] : [{ first, last: first + (2 ** 32 - 1 - bits) }]
  })
  return [...own, ...routes]
}

function littleEndian(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE()
}

function viewOf(leaseId: LeaseId, network: EngineNetwork, resolvers: readonly string[]): LeaseNetwork {
  const { Subnet: subnet, Gateway: gateway } = network.IPAM.Config?.[0] ?? {}
  const bridge = network.Options?.['com.docker.network.bridge.name']
  if (!subnet || !gateway || !bridge)
    throw new TenderError(`the network of lease ${leaseId} is not one of this driver's`, {
      code: 'foreignNetwork',
      class: 'conflict',
      hint: `Remove it with: docker network rm ${network.Name}`,
    })
  const { first, last } = parseRange(subnet)
  return {
    leaseId,
    id: network.Id,
    name: network.Name,
    bridge,
    subnet,
    gateway,
    internet: !network.Internal,
    dns: network.Internal ? NOWHERE : resolvers,
    address: (index) => {
      // The first is the network's own, the second the host's, the last the broadcast.
      if (first + 2 + index < last) return formatAddress(first + 2 + index)
      throw new TenderError(`the network of a lease has room for ${last - first - 2} containers`, {
        code: 'networkFull',
        class: 'limit',
        data: { leaseId, index },
      })
    },
  }
}

function unlessGone(error: unknown): void {
  const statusCode = statusOf(error)
  if (statusCode !== 404) throw error
}
