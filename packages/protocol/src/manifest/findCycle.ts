/**
 * Names that wait for each other in a circle; `undefined` if there is none.
 *
 * @param waits what each name waits for; names that are not there wait for nothing.
 * @example
 * findCycle(new Map([['a', ['b']], ['b', ['a']]])) // ['a', 'b', 'a']
 */
export function findCycle(waits: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const clear = new Set<string>()
  function visit(name: string, way: readonly string[]): string[] | undefined {
    const first = way.indexOf(name)
    if (first >= 0) return [...way.slice(first), name]
    if (clear.has(name)) return undefined
    for (const next of waits.get(name) ?? []) {
      const cycle = visit(next, [...way, name])
      if (cycle) return cycle
    }
    clear.add(name)
    return undefined
  }
  for (const name of waits.keys()) {
    const cycle = visit(name, [])
    if (cycle) return cycle
  }
  return undefined
}
