import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Undo } from './fault.ts'
import type { FaultEntry } from './history.ts'
import type { PlannedFault } from './plan.ts'
import { randomOf } from './random.ts'
import type { World } from './world/world.ts'

export type RunFaultsOptions = {
  world: World
  planned: readonly PlannedFault[]
  faults: readonly Fault[]
  /** Told as each begins and ends. */
  onEvent(line: string): void
}

/**
 * Makes go wrong what is planned, each at its time, several at once where they overlap. Resolves once all are undone.
 *
 * @returns what really happened; what could not be made or undone says why
 */
export async function runFaults({ world, planned, faults, onEvent }: RunFaultsOptions): Promise<FaultEntry[]> {
  const startedAt = Date.now()
  const known = new Map(faults.map((fault) => [fault.name, fault]))
  const happened = await Promise.all(
    planned.map(async (one) => {
      const fault = known.get(one.fault)
      if (!fault) return undefined
      await pauseUntil(startedAt + one.atSeconds * 1_000, world.signal)
      if (world.signal.aborted) return undefined
      return makeOne(world, fault, one, onEvent)
    }),
  )
  return happened.filter((entry) => entry !== undefined).sort((a, b) => a.at - b.at)
}

async function makeOne(
  world: World,
  fault: Fault,
  { lastsSeconds, target, seed }: PlannedFault,
  onEvent: (line: string) => void,
): Promise<FaultEntry> {
  const at = Date.now()
  onEvent(`${fault.name} ${target} for ${lastsSeconds} s`)
  let undo: Undo | undefined
  try {
    undo = await fault.inject(world, randomOf(seed), world.signal, world.process(target))
    await pauseUntil(at + lastsSeconds * 1_000, world.signal)
    await undo()
    onEvent(`${fault.name} ${target} is over`)
    return { name: fault.name, target, at, endedAt: Date.now() }
  } catch (error) {
    const failure = String(error instanceof Error ? error.message : error)
    onEvent(`${fault.name} ${target} ${undo ? 'cannot be undone' : 'cannot be made'}: ${failure}`)
    return { name: fault.name, target, at, endedAt: Date.now(), error: failure }
  }
}

/** Resolves at that time, or when the run ends early. */
export async function pauseUntil(atMs: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, atMs - Date.now()), undefined, { signal }).catch(() => {})
}
