import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore, plenty, soon, temporaryDir } from './testContent.ts'

test('a store whose process was killed in the middle works, and has what it pinned', async () => {
  const dir = temporaryDir()
  for (const pinned of [1, 3, 8]) {
    const child = fork(join(import.meta.dirname, 'testWriter.ts'), [dir])
    const said: { name: string; cid: string }[] = []
    for (let count = 0; count < pinned; count++) {
      const [message] = await once(child, 'message', { signal: soon() })
      said.push(message)
    }
    child.kill('SIGKILL')
    await once(child, 'exit')

    const store = openStore({ dir })
    expect(readdirSync(join(dir, 'unfinished'))).toEqual([])
    const last = said.at(-1)
    expect(store.pins().map(({ name, cid }) => ({ name, cid: cid.toString() }))).toContainEqual(last)
    for (const { cid } of store.pins()) await store.exportTo(cid, join(temporaryDir(), 'out'), plenty, soon())
    for (const { name } of store.pins()) store.unpin(name)
    await store.collectGarbage(soon())
    expect(store.usedBytes()).toBe(0)
    store.close()
  }
})
