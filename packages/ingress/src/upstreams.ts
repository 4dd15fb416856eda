import { Agent, type RequestOptions } from 'node:http'
import type { ReadyRoute } from './route.ts'
import { socketOver } from './socketOver.ts'

/** How long a workload may take to take a connection. */
const CONNECT_TIMEOUT_MS = 10_000

/** Requests of one workload at once; more wait their turn. */
const MAX_CONNECTIONS_PER_ROUTE = 1_024

/** A request's way to its workload, for {@link createUpstreams}. */
export type RoutedOptions = RequestOptions & { route: ReadyRoute; visitor: { address?: string } }

/** Keeps connections to workloads, by the routes' keys; unused ones for `keptMs`. */
export function createUpstreams(keptMs: number): Agent {
  // The longest unused is taken first, so that every container of a service has its turn.
  const scheduling = 'fifo'
  const agent = new Agent({ keepAlive: true, timeout: keptMs, maxSockets: MAX_CONNECTIONS_PER_ROUTE, scheduling })
  agent.getName = (asked) => routed(asked).route.key
  agent.createConnection = (asked, opened) => {
    const { route, visitor } = routed(asked)
    route.connect(AbortSignal.timeout(CONNECT_TIMEOUT_MS), visitor).then(
      (connection) => opened?.(null, socketOver(connection)),
      // CAST: the callback's type wants a stream beside the error; node:http does not.
      (error) => (opened as ((error: Error) => void) | undefined)?.(error),
    )
    return undefined
  }
  return agent
}

function routed(options: unknown): RoutedOptions {
  // CAST: only `forward` asks this agent, and always with a route.
  return options as RoutedOptions
}
