/** Whether two plain values say the same, in whatever order their keys are. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [before, after] = [new Map(Object.entries(one)), new Map(Object.entries(other))]
  return (
    before.size === after.size && [...before].every(([key, value]) => after.has(key) && isSame(value, after.get(key)))
  )
}
