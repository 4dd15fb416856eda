import type { Random } from './random.ts'
import type { ProcessKind, World, WorldProcess } from './world/world.ts'

/** Ends what a fault does. Is called once, also when the run is cut short; leaves alone what has ended by itself. */
export type Undo = () => Promise<void>

/** Something that goes wrong on purpose. */
export type Fault = {
  /** As in plans and summaries, e.g. `rpcErrors`. */
  readonly name: string
  /** The kinds of processes that it can hit: the plan chooses one of these. */
  readonly hits: readonly ProcessKind[]
  /** Why it cannot be had here; `undefined` if it can. A plan leaves it out then, and the run says so. */
  missing?(world: World): Promise<string | undefined>
  /**
   * Makes it go wrong, and returns at once: it lasts until it is undone. What it draws is the same for the same plan.
   *
   * @param signal aborted when the run ends early
   * @param target whom it hits; it may be down at the moment
   */
  inject(world: World, random: Random, signal: AbortSignal, target: WorldProcess): Promise<Undo>
}
