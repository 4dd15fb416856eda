import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LeaseId } from '@tender/driver'
import { afterAll, describe, expect, test } from 'vitest'
import { createDiskFiles } from './diskFiles.ts'
import { createMemoryFiles } from './memoryFiles.ts'

const lease: LeaseId = `0x${'1'.repeat(64)}`
const soon = () => AbortSignal.timeout(20_000)
const file = { path: '/run/secrets/key', mode: 0o400, content: new TextEncoder().encode('very secret') }
const isRoot = process.getuid?.() === 0
const owner = isRoot ? { uid: 1000, gid: 1001 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

describe('files of leases', () => {
  const disk = mkdtempSync(join(tmpdir(), 'tender-files-'))
  const memory = mkdtempSync('/dev/shm/tender-files-')
  afterAll(() => [disk, memory].map((folder) => rmSync(folder, { recursive: true, force: true })))

  test('that are secret are only in memory, with their mode and owner, and go', async () => {
    const secrets = createMemoryFiles({ directory: memory })
    const [mount] = await secrets.write(lease, 'web-1', [file], owner, soon())
    expect(mount).toMatchObject({ target: '/run/secrets/key', readOnly: true })
    const source = mount?.source ?? ''
    expect(readFileSync(source, 'utf8')).toBe('very secret')
    expect(statSync(source)).toMatchObject(owner)
    expect(statSync(source).mode & 0o777).toBe(0o400)
    expect(source).not.toContain('key')
    await secrets.write(lease, 'web-1', [file], owner, soon())
    await secrets.write(lease, 'web-2', [file], owner, soon())
    await secrets.remove(lease, 'web-1')
    expect(readdirSync(join(memory, lease))).toEqual(['web-2'])
    await secrets.remove(lease)
    await secrets.remove(lease)
    expect(readdirSync(memory)).toEqual([])
  })

  test('that are secret are refused on a disk, and nothing is written', async () => {
    const secrets = createMemoryFiles({ directory: disk })
    await expect(secrets.write(lease, 'web', [file], owner, soon())).rejects.toMatchObject({
      code: 'notInMemory',
      hint: expect.stringMatching(/mount -t tmpfs/),
    })
    expect(readdirSync(disk)).toEqual([])
  })

  test('that are no secrets may be on a disk', async () => {
    const configs = createDiskFiles({ directory: disk })
    const [mount] = await configs.write(lease, 'web', [{ ...file, mode: 0o444 }], owner, soon())
    expect(readFileSync(mount?.source ?? '', 'utf8')).toBe('very secret')
  })

  test('have scopes that stay within their folder', async () => {
    const configs = createDiskFiles({ directory: disk })
    for (const scope of ['..', '.', '../x', '', 'a/b'])
      await expect(configs.write(lease, scope, [file], owner, soon())).rejects.toMatchObject({ code: 'badScope' })
  })
})
