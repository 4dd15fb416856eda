/** The results in order, so many at a time. Once one fails no other begins; it throws what that one did when those that began are done. */
export async function mapAtOnce<Item, Result>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const left = items.entries()
  const failures: unknown[] = []
  const worker = async () => {
    for (const [index, item] of left) {
      if (failures.length > 0) return
      try {
        results[index] = await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  if (failures.length > 0) throw failures[0]
  return results
}

/** Runs work in the background, so much at a time. */
export type WorkAhead = {
  /** Resolves once there is room for it and it runs. @throws what an earlier one failed with */
  add(work: () => Promise<void>): Promise<void>
  /** Resolves once all of it is done. @throws what the first that failed did */
  done(): Promise<void>
}

/** See {@link WorkAhead}. Call `done` in the end, whatever happened. */
export function workAhead(atOnce: number): WorkAhead {
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const check = () => {
    if (failures.length > 0) throw failures[0]
  }
  return {
    async add(work) {
      while (running.size >= atOnce) await Promise.race(running)
      check()
      const run = work()
        .catch((error) => void failures.push(error))
        .finally(() => running.delete(run))
      running.add(run)
    },
    async done() {
      await Promise.all(running)
      check()
    },
  }
}
