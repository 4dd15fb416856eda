/** What a node counts since it was created, and what is open now. For metrics. */
export type NetworkCounts = {
  /** Others that are connected now, by whichever connections. */
  peers: number
  connections: { direct: number; relayed: number }
  /** Open now, of all protocols. */
  streams: number
  /** Over its own TCP connections, with what encryption and relaying add. */
  receivedBytes: number
  sentBytes: number
  gossip: readonly GossipCounts[]
  /** Requests of others that failed or were refused, by the class of failure that they were told. */
  refused: ReadonlyMap<string, number>
  /** Places that others hold here now, if this is a relay. */
  places: number
}

/** `refused`: what its sender is blamed for; `ignored`: what came too often, again, or could not be checked. */
export type GossipCounts = { topic: string; accepted: number; ignored: number; refused: number }

/** Counts by name. Names are this project's own, so there are few. */
export type Tally = { add(name: string): void; all(): ReadonlyMap<string, number> }

export function createTally(): Tally {
  const counts = new Map<string, number>()
  return {
    add: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    all: () => counts,
  }
}
