import { NotFoundError, TenderError } from '@tender/protocol'
import { createStore, entries, get, set, type UseStore } from 'idb-keyval'

/** Records of one kind by id, as `@tender/tenant` takes them. */
export type BrowserRecords<Value> = {
  get(id: string): Promise<Value | undefined>
  /** Replaces the record. Survives a crash once it resolves. */
  put(id: string, value: Value): Promise<void>
  all(): Promise<Value[]>
  /** The one whose id begins with `prefix`. @throws {TenderError} `notFound`, `ambiguous` */
  find(prefix: string): Promise<Value>
}

const stores = new Map<string, UseStore>()

/** A store of this browser for one market; another deployment is another store. */
export function storeOf(name: string): UseStore {
  const known = stores.get(name)
  if (known) return known
  const made = createStore(`tender-${name}`, 'records')
  stores.set(name, made)
  return made
}

/** As the command line's files have it: numbers of 64 bits and more as decimal text. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item)))
}

/**
 * Records in this browser's IndexedDB.
 *
 * @param parse reads what is stored: a later version of the page may find what an earlier one wrote
 */
export function browserRecords<Value>(store: UseStore, parse: (stored: unknown) => Value): BrowserRecords<Value> {
  return {
    async get(id) {
      const stored = await get<unknown>(id, store)
      return stored === undefined ? undefined : parse(stored)
    },
    put: (id, value) => set(id, plain(value), store),
    async all() {
      return (await entries<string, unknown>(store)).map(([, stored]) => parse(stored))
    },
    async find(prefix) {
      const wanted = prefix.toLowerCase()
      const found = (await entries<string, unknown>(store)).filter(([id]) => id.startsWith(wanted))
      const [first] = found
      if (found.length > 1) {
        throw new TenderError(`${found.length} records begin with ${prefix}`, { code: 'ambiguous', class: 'user' })
      }
      if (!first) throw new NotFoundError(`nothing of this browser begins with ${prefix}`)
      return parse(first[1])
    },
  }
}
