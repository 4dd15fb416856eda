import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { onTestFinished } from 'vitest'
import { parseCid } from './cid.ts'
import type { BlockSource } from './fetch.ts'
import { type ContentStore, openContentStore } from './store.ts'

// What the tests of this package share.

export const soon = () => AbortSignal.timeout(90_000)
export const plenty = { bytes: 1e9, files: 100_000, blocks: 100_000 }

/** A directory that is removed with the test. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tender-content-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A store that is closed with the test. */
export function openStore({ bytes = 1e9, dir = temporaryDir() } = {}): ContentStore {
  const store = openContentStore(dir, { bytes })
  onTestFinished(() => {
    try {
      store.close()
    } catch {
      // the test closed it
    }
  })
  return store
}

/** Files by path; `undefined` makes an empty directory. */
export function writeFiles(dir: string, files: Readonly<Record<string, Uint8Array | string | undefined>>): string {
  for (const [path, content] of Object.entries(files)) {
    const whole = join(dir, path)
    if (content === undefined) mkdirSync(whole, { recursive: true })
    else {
      mkdirSync(join(whole, '..'), { recursive: true })
      writeFileSync(whole, content)
    }
  }
  return dir
}

/** Gives what a store has, and remembers what it was asked for. */
export function sourceOf(store: Pick<ContentStore, 'block'>): BlockSource & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    async *blocks(cids) {
      for (const cid of cids) {
        asked.push(CID.decode(cid).toString())
        const bytes = await store.block(cid)
        if (bytes) yield { cid, bytes }
      }
    },
  }
}

/** A block of whatever bytes, put into a store. */
export async function putRaw(store: ContentStore, cid: CID, bytes: Uint8Array): Promise<CID> {
  await store.putBlock(parseCid(cid.bytes), bytes)
  return cid
}
