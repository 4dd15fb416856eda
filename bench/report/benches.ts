/** One benchmark: `bench/NAME.ts`, run by `npm run bench:NAME`, explained in `bench/notes/NAME.md` if there is more to say. */
export type Bench = {
  name: string
  /** The heading that it stands under in docs/performance.md. */
  group: string
  /** Too long to be run with the others: only when it is asked for by name. */
  alone?: true
}

/** All benchmarks, in the order in which they run and are told of. */
export const benches: readonly Bench[] = [
  { name: 'gas', group: 'Gas' },
  { name: 'placement', group: 'Placement' },
  { name: 'docker', group: 'Placement' },
  { name: 'market', group: 'Market' },
  { name: 'wasm', group: 'Data plane' },
  { name: 'tunnel', group: 'Data plane' },
  { name: 'ingress', group: 'Data plane' },
  { name: 'era', group: 'Era' },
  { name: 'soak', group: 'Soak', alone: true },
  { name: 'jobs', group: 'Jobs' },
  { name: 'cheating', group: 'Jobs' },
  { name: 'probe', group: 'Monitors' },
  { name: 'detection', group: 'Monitors' },
  { name: 'selfDealing', group: 'Monitors' },
  { name: 'content', group: 'Content' },
  { name: 'index', group: 'Gateway' },
  { name: 'api', group: 'Gateway' },
  { name: 'page', group: 'Gateway' },
]
