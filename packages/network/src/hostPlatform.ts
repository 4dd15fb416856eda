import { networkInterfaces } from 'node:os'
import { compareForDialling } from './addresses.ts'
import { holePunching } from './holePunch.ts'
import { verifyByOpenSsl } from './hostSignatures.ts'
import { type IpRanges, ipRanges } from './ipRanges.ts'
import { createNodeOn, type NetworkNode, type NetworkOptions } from './node.ts'
import type { Platform } from './platform.ts'
import { createPortedTcp } from './portedTcp.ts'
import { servePunching } from './punch.ts'
import { createRelayServer } from './relayServer.ts'

/** A host: TCP, ways through routers, relays. */
export function hostPlatform(): Platform {
  verifyByOpenSsl()
  const ports = createPortedTcp()
  return {
    transport: ports.transport,
    bytes: ports.bytes,
    compareForDialling: (a, b) => compareForDialling(a, b, ownNetworks()),
    services: { dcutr: holePunching() },
    createRelayServer,
    created: (node, peer, stopping) => servePunching(node, peer, ports, stopping),
  }
}

/**
 * A peer of one market, not yet started.
 *
 * @throws {InvalidInputError} if an address is no multiaddr.
 * @example
 * const node = await createNetworkNode({ privateKey, listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [], market, ...view })
 * await serveBids(node, takeBid)
 * await node.start()
 */
export function createNetworkNode(options: NetworkOptions): Promise<NetworkNode> {
  return createNodeOn(hostPlatform(), options)
}

/** The networks that this host has an address in, as of now. */
function ownNetworks(): IpRanges {
  const addresses = Object.values(networkInterfaces()).flatMap((own) => own ?? [])
  return ipRanges(addresses.flatMap(({ cidr }) => cidr ?? []))
}
