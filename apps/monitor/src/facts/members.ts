import type { Dialable, EraMonitor } from '@tender/protocol'
import type { PlacedEvent } from './eventBook.ts'
import { compare, lowerCase } from './lowerCase.ts'

/** A monitor that is on the contract's list, whether it counts yet or not. */
export type Member = EraMonitor & {
  index: number
  /** Where it is dialled, as it says; `undefined`: it never said. */
  contact: Dialable | undefined
}

/** The list after these events, with weights as they count in an era by the clock; by index. */
export function membersOf(events: readonly PlacedEvent[], clockEra: number): Member[] {
  const members = new Map<number, Member>()
  for (const event of events) {
    if (event.type === 'left') members.delete(event.index)
    else if (event.type === 'weight') {
      const { index, weight, nextWeight, nextFrom } = event
      const monitor = lowerCase(event.monitor)
      const contact = members.get(index)?.contact
      members.set(index, { index, monitor, weight: clockEra >= nextFrom ? nextWeight : weight, contact })
    } else if (event.type === 'contact') {
      // Whoever joins says it before it weighs anything.
      const monitor = lowerCase(event.monitor)
      const { publicKey, addresses } = event
      const weight = members.get(event.index)?.weight ?? 0
      members.set(event.index, { index: event.index, monitor, weight, contact: { publicKey, addresses } })
    }
  }
  return [...members.values()].sort((left, right) => left.index - right.index)
}

/** Who counts, sorted by address. */
export function monitorsOf(events: readonly PlacedEvent[], clockEra: number): EraMonitor[] {
  return membersOf(events, clockEra)
    .filter(({ weight }) => weight > 0)
    .map(({ monitor, weight }) => ({ monitor, weight }))
    .sort((left, right) => compare(left.monitor, right.monitor))
}
