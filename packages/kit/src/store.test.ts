import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { CorruptStateError } from '@tender/protocol'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type OpenStoreOptions, openStore, type Store } from './store.ts'

const lease = z.strictObject({ state: z.enum(['starting', 'running']), rate: z.bigint() })
const running = { state: 'running', rate: 20_000n } as const
const starting = { state: 'starting', rate: 2n ** 90n } as const

let dir: string
let file: string
let stores: Store[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tender-store-'))
  file = join(dir, 'deep', 'provider.db')
  stores = []
})

afterEach(() => {
  for (const store of stores) store.close()
  rmSync(dir, { recursive: true, force: true })
})

function open(options: Partial<OpenStoreOptions> = {}): Store {
  const store = openStore({ file, ...options })
  stores.push(store)
  return store
}

function close(store: Store): void {
  stores.splice(stores.indexOf(store), 1)
  store.close()
}

function failure(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

test('what it knows is its owner alone to read', () => {
  open().collection('leases', lease).set('a', running)
  for (const path of [file, `${file}-wal`]) expect(statSync(path).mode & 0o777, path).toBe(0o600)
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
})

describe('collection', () => {
  test('keeps values by key, in the order of keys, apart from other collections', () => {
    const store = open()
    const leases = store.collection('leases', lease)
    leases.set('b', starting)
    leases.set('a', starting)
    leases.set('a', running)
    store.collection('others', z.unknown()).set('c', 1)
    expect(leases.get('a')).toEqual(running)
    expect(leases.get('c')).toBeUndefined()
    expect(leases.entries()).toEqual([
      { key: 'a', value: running },
      { key: 'b', value: starting },
    ])
    expect(leases.entries({ from: 'b' })).toEqual([{ key: 'b', value: starting }])
    expect(leases.entries({ before: 'b' })).toEqual([{ key: 'a', value: running }])
    expect(leases.entries({ from: 'a', before: 'a' })).toEqual([])
    leases.delete('a')
    leases.delete('a')
    expect(leases.get('a')).toBeUndefined()
  })

  test('gives back any JSON with big integers as it was', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.bigInt(),
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.string({ minLength: 1 }), tie('any'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).any
    const values = open({ file: ':memory:' }).collection('values', z.unknown())
    fc.assert(
      fc.property(fc.string(), value, (key, written) => {
        values.set(key, written)
        expect(values.get(key)).toEqual(written)
      }),
    )
  })

  test('refuses a value that has no JSON', () => {
    expect(() => open().collection('x', z.unknown()).set('a', undefined)).toThrow(TypeError)
  })

  test('refuses to give what is not what it should be, naming the file', () => {
    const store = open()
    store.collection('leases', z.unknown()).set('a', { state: 'flying' })
    const error = failure(() => store.collection('leases', lease).get('a'))
    expect(error).toBeInstanceOf(CorruptStateError)
    expect(error).toMatchObject({ data: { file, reason: 'leases a is not what it should be' } })
  })
})

describe('transaction', () => {
  test('writes all or nothing, with what is within it', () => {
    const store = open()
    const values = store.collection('values', z.int())
    expect(store.transaction(() => store.transaction(() => values.set('a', 1)) ?? 'done')).toBe('done')
    const error = new Error('no')
    const thrown = failure(() =>
      store.transaction(() => {
        values.set('a', 2)
        store.transaction(() => values.set('b', 2))
        throw error
      }),
    )
    expect(thrown).toBe(error)
    expect(values.entries()).toEqual([{ key: 'a', value: 1 }])
  })

  test('refuses work that waits', () => {
    const store = open()
    const values = store.collection('values', z.int())
    expect(() => store.transaction(async () => values.set('a', 1))).toThrow(TypeError)
    expect(values.get('a')).toBeUndefined()
  })
})

describe('openStore', () => {
  test('finds what was written before, also after kill -9', async () => {
    const script = `
      import { openStore } from ${JSON.stringify(new URL('./store.ts', import.meta.url).href)}
      import { z } from 'zod'
      const values = openStore({ file: ${JSON.stringify(file)} }).collection('values', z.int())
      for (let i = 1; ; i++) { values.set('last', i); process.stdout.write(i + '\\n') }`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    })
    let told = 0
    for await (const line of createInterface({ input: child.stdout })) {
      told = Number(line)
      if (told === 20) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(open().collection('values', z.int()).get('last')).toBeGreaterThanOrEqual(told)
  })

  test('is for one process at a time', () => {
    open()
    expect(failure(() => openStore({ file }))).toMatchObject({ code: 'storeInUse', class: 'conflict', data: { file } })
  })

  test('changes the shapes of an earlier version once, and leaves a new store alone', () => {
    const first = open()
    first.collection('values', z.int()).set('a', 1)
    close(first)
    const migrations = [
      (store: Store) => {
        const values = store.collection('values', z.int())
        for (const { key, value } of values.entries()) values.set(key, value * 10)
      },
    ]
    close(open({ migrations }))
    expect(open({ migrations }).collection('values', z.int()).get('a')).toBe(10)
    const fresh = join(dir, 'fresh.db')
    close(open({ file: fresh, migrations: [() => expect.unreachable()] }))
  })

  test('undoes a change that fails, so that the next start tries it again', () => {
    const first = open()
    first.collection('values', z.int()).set('a', 1)
    close(first)
    const failing = (store: Store) => {
      store.collection('values', z.int()).set('a', 2)
      throw new Error('no')
    }
    expect(() => openStore({ file, migrations: [failing] })).toThrow('no')
    expect(open().collection('values', z.int()).get('a')).toBe(1)
  })

  test('refuses a store of a newer version', () => {
    const first = open()
    first.collection('values', z.int()).set('a', 1)
    close(first)
    close(open({ migrations: [() => {}] }))
    expect(failure(() => openStore({ file }))).toMatchObject({
      code: 'storeTooNew',
      data: { version: 1, supported: 0 },
    })
  })

  test('refuses what is no database, and leaves it as it is', () => {
    const plain = join(dir, 'notes.db')
    writeFileSync(plain, 'these are notes, not a database, and nobody may overwrite them'.repeat(20))
    const before = readFileSync(plain)
    const error = failure(() => openStore({ file: plain }))
    expect(error).toBeInstanceOf(CorruptStateError)
    expect(error).toMatchObject({ data: { file: plain }, hint: expect.stringContaining('copy') })
    expect(readFileSync(plain).equals(before)).toBe(true)
  })

  test("refuses another program's database", () => {
    const other = join(dir, 'other.db')
    const db = new DatabaseSync(other)
    db.exec('CREATE TABLE theirs (x)')
    db.close()
    expect(failure(() => openStore({ file: other }))).toBeInstanceOf(CorruptStateError)
  })

  test('refuses a damaged store', () => {
    const first = open()
    const values = first.collection('values', z.string())
    first.transaction(() => {
      for (let i = 0; i < 200; i++) values.set(`${i}`, 'x'.repeat(500))
    })
    close(first)
    truncateSync(file, 40_000)
    expect(failure(() => openStore({ file }))).toBeInstanceOf(CorruptStateError)
  })
})
