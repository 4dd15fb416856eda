/** What one visitor, or one workload, may take of an ingress. Times are milliseconds. */
export type IngressLimits = {
  /** Connections at once, of all visitors. Leaves file descriptors for the chain, the peers and the workloads. */
  maxConnections: number
  /** For the first request's headers: a client that cannot send them in this time is not a client. */
  headersMs: number
  /** For a TLS connection's handshake, its certificate included. */
  handshakeMs: number
  /** How long a workload may stay silent before its request is given up. */
  silenceMs: number
  /** A connection on which nothing moves for so long is closed, so that visitors who only hold on do not keep others out. */
  idleMs: number
  /** The same for one that speaks another protocol, where silence is usual. */
  upgradedIdleMs: number
  /** How long a connection to a workload is kept for the next request. One to a workload that was removed may never end itself. */
  keptMs: number
}

export const defaultLimits: IngressLimits = {
  maxConnections: 4_096,
  headersMs: 10_000,
  handshakeMs: 30_000,
  silenceMs: 60_000,
  idleMs: 120_000,
  upgradedIdleMs: 600_000,
  keptMs: 20_000,
}
