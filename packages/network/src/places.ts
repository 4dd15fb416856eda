import { BusyError } from './errors.ts'

/** Counts what runs at once under a key and refuses more than `most`. */
export type Places = {
  /** Takes one; call what it returns, once, to give it back. @throws {BusyError} `tooManyStreams` */
  take(key: string): () => void
}

/** See {@link Places}. A key without anything running costs no memory. */
export function createPlaces(most: number): Places {
  const taken = new Map<string, number>()
  return {
    take(key) {
      const count = taken.get(key) ?? 0
      if (count >= most) throw new BusyError('tooManyStreams')
      taken.set(key, count + 1)
      return () => {
        const left = (taken.get(key) ?? 1) - 1
        if (left > 0) taken.set(key, left)
        else taken.delete(key)
      }
    },
  }
}
