import { multiaddr } from '@multiformats/multiaddr'

/** Where a TCP connection leads: an IP address or a name, and a port. */
export type HostPort = { host: string; port: number }

/** What a page asks to be connected to. */
export type PipeTarget = HostPort & {
  /** The peer id that it names, if any. Only the page can check who answers. */
  peer: string | undefined
}

const hosts = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])
const MAX_CHARACTERS = 512

/** Reads `/ip4/…/tcp/…` with or without `/p2p/…`; `undefined` for everything else, such as a relay's `/p2p-circuit`. */
export function readTarget(text: string): PipeTarget | undefined {
  const parts = partsOf(text)
  const [host, port, peer, ...rest] = parts ?? []
  if (!host || !port || rest.length > 0 || (peer && peer.name !== 'p2p')) return undefined
  const at = hostPort(host, port)
  return at && { ...at, peer: peer?.value }
}

/** Where the TCP connection to an address leads: that of a relayed one to the relay. */
export function tcpOf(text: string): HostPort | undefined {
  const [host, port] = partsOf(text) ?? []
  return host && port && hostPort(host, port)
}

type Part = { name: string; value?: string | undefined }

function partsOf(text: string): Part[] | undefined {
  if (text.length > MAX_CHARACTERS) return undefined
  try {
    return multiaddr(text).getComponents()
  } catch {
    return undefined
  }
}

function hostPort(host: Part, port: Part): HostPort | undefined {
  const number = Number(port.value)
  if (!hosts.has(host.name) || host.value === undefined || port.name !== 'tcp') return undefined
  return number > 0 && number < 65_536 ? { host: host.value, port: number } : undefined
}
