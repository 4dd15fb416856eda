/**
 * Collects keys that are asked for in the same turn and reads them together.
 *
 * @example
 * const provider = createBatch((ids: string[]) => findProvidersById(db, ids, context))
 * await Promise.all([provider('1'), provider('2')]) // one query
 */
export function createBatch<Key, Value>(read: (keys: Key[]) => Promise<ReadonlyMap<Key, Value>>) {
  let waiting: Set<Key> | undefined
  let answer: Promise<ReadonlyMap<Key, Value>> | undefined
  return async (key: Key): Promise<Value | null> => {
    if (!waiting || !answer) {
      const keys = new Set<Key>()
      waiting = keys
      answer = Promise.resolve().then(() => {
        waiting = undefined
        return read([...keys])
      })
    }
    waiting.add(key)
    return (await answer).get(key) ?? null
  }
}
