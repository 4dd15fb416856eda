/** Remembers ids for a while. */
export type Recent = {
  has(id: string): boolean
  /** False if it was there already. */
  add(id: string): boolean
}

/** Memory is bounded: past this many the oldest are forgotten early. */
const MAX_IDS = 100_000

/** Remembers each id for `keepMs`. `nowMs` is a monotonic clock in milliseconds. */
export function createRecent(keepMs: number, nowMs = () => performance.now()): Recent {
  const added = new Map<string, number>()

  function prune(): void {
    for (const [id, at] of added) {
      if (at + keepMs > nowMs() && added.size <= MAX_IDS) return
      added.delete(id)
    }
  }

  function has(id: string): boolean {
    const at = added.get(id)
    return at !== undefined && at + keepMs > nowMs()
  }

  return {
    has,
    add(id) {
      if (has(id)) return false
      added.delete(id)
      added.set(id, nowMs())
      prune()
      return true
    },
  }
}
