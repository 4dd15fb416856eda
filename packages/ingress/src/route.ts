import type { Duplex } from 'node:stream'

/** Where a host's workload answers, or why it does not. */
export type Route = ReadyRoute | { state: 'starting'; reason?: string } | { state: 'failed'; reason: string }

export type ReadyRoute = {
  state: 'ready'
  /** Connections with the same key lead to the same workload and are used again for other requests. */
  key: string
  /** Added to every request; secret. The visitor never sees them. */
  headers: Readonly<Record<string, string>>
  /**
   * Opens a connection to the workload. Failures of class `limit` are answered with 503, others with 502.
   *
   * @param signal aborts the opening, not the connection
   * @param first the visitor for whom it is opened; others' requests may follow on it
   */
  connect(signal: AbortSignal, first: { address?: string }): Promise<Duplex>
}

/** The route of a host, in lower case and without its port; `undefined` if no lease has it. */
export type FindRoute = (host: string) => Promise<Route | undefined>
