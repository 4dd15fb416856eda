import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LeaseId } from '@tender/driver'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noEngine } from './testEngine.ts'
import { createVolumes, type Volumes } from './volumes.ts'

const MIB = 2 ** 20
const soon = () => AbortSignal.timeout(60_000)
const one: LeaseId = `0x${'1'.repeat(64)}`
const two: LeaseId = `0x${'2'.repeat(64)}`

describe.skipIf(noEngine)('volumes', () => {
  let stateDir: string
  let volumes: Volumes
  const folder = mkdtempSync(join(tmpdir(), 'tender volumes-'))
  const ensure = async (lease: LeaseId, sizeBytes: number, previous?: LeaseId): Promise<string> => {
    const options = previous === undefined ? {} : { previous }
    return (await volumes.ensure(lease, [{ name: 'db', sizeBytes }], options, soon())).get('db') ?? ''
  }
  const imageOf = (lease: LeaseId) => join(stateDir, 'volumes', lease, 'db', 'image')
  const mountOf = (lease: LeaseId) => join(stateDir, 'volumes', lease, 'db', 'mount')

  beforeAll(() => mkdirSync(folder, { recursive: true }))
  beforeEach(() => {
    stateDir = mkdtempSync(join(folder, 'state-'))
    volumes = createVolumes({ stateDir })
    return async () => {
      for (const { leaseId } of await volumes.list()) await volumes.drop(leaseId, soon())
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(stateDir)
    }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('end where they were declared to, for bytes and for files', async () => {
    const data = await ensure(one, 8 * MIB)
    expect(() => writeFileSync(join(data, 'big'), Buffer.alloc(9 * MIB))).toThrow(/ENOSPC/)
    rmSync(join(data, 'big'))
    const fill = () => {
      for (let index = 0; index < 100_000; index++) closeSync(openSync(join(data, `${index}`), 'w'))
    }
    expect(fill).toThrow(/ENOSPC/)
    expect(statSync(imageOf(one)).blocks * 512).toBeLessThanOrEqual(8 * MIB)
    expect(
      readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .find((line) => line.includes(one)),
    ).toMatch(/nosuid,nodev,/)
  })

  test('stay through retiring and a restart of the host, and are the same for another instance', async () => {
    const data = await ensure(one, 8 * MIB)
    writeFileSync(join(data, 'kept'), 'yes')
    await volumes.retire(one, soon())
    await volumes.retire(one, soon())
    expect(() => statSync(data)).toThrow(/ENOENT/)
    expect(await volumes.list()).toEqual([{ leaseId: one, sizeBytes: 8 * MIB }])
    volumes = createVolumes({ stateDir })
    expect(readFileSync(join(await ensure(one, 8 * MIB), 'kept'), 'utf8')).toBe('yes')
    expect(await ensure(one, 8 * MIB)).toBe(data)
    await volumes.drop(one, soon())
    await volumes.drop(one, soon())
    expect(await volumes.list()).toEqual([])
  })

  test('move to the lease that follows, and grow', async () => {
    writeFileSync(join(await ensure(one, 8 * MIB), 'kept'), 'yes')
    const data = await ensure(two, 32 * MIB, one)
    expect(readFileSync(join(data, 'kept'), 'utf8')).toBe('yes')
    expect(statfsSync(data).blocks * statfsSync(data).bsize).toBeGreaterThan(20 * MIB)
    expect(await ensure(two, 32 * MIB, one)).toBe(data)
    expect(await volumes.list()).toEqual([{ leaseId: two, sizeBytes: 32 * MIB }])
    await expect(ensure(two, 8 * MIB)).rejects.toMatchObject({ code: 'volumeShrinks', class: 'user' })
  })

  test('do not move while another mount namespace, a container, has them', async () => {
    writeFileSync(join(await ensure(one, 8 * MIB), 'kept'), 'yes')
    const mounted = mountOf(one)
    // A process with a mount namespace of its own holds the file system as a container would.
    const holder = spawn('unshare', ['-m', 'sh', '-c', 'echo started; exec sleep 600'])
    await once(holder.stdout, 'data')
    try {
      await expect(ensure(two, 8 * MIB, one)).rejects.toMatchObject({ code: 'volumeBusy' })
      expect(readFileSync(join(mounted, 'data', 'kept'), 'utf8')).toBe('yes')
    } finally {
      holder.kill('SIGKILL')
      await once(holder, 'exit')
    }
    expect(readFileSync(join(await ensure(two, 8 * MIB, one), 'kept'), 'utf8')).toBe('yes')
  })

  test('go on after a crash in the middle of making one', async () => {
    mkdirSync(mountOf(one), { recursive: true })
    writeFileSync(`${imageOf(one)}.new`, 'half')
    writeFileSync(join(await ensure(one, 8 * MIB), 'kept'), 'yes')
    spawnSync('umount', [mountOf(one)])
    expect(readFileSync(join(await ensure(one, 8 * MIB), 'kept'), 'utf8')).toBe('yes')
  })

  test('belong to the user of their containers', async () => {
    const owner = { uid: 999, gid: 998 }
    const found = await volumes.ensure(one, [{ name: 'db', sizeBytes: 8 * MIB, owner }], {}, soon())
    expect(statSync(found.get('db') ?? '')).toMatchObject({ uid: 999, gid: 998 })
  })

  test('are not promised beyond the disk', async () => {
    const { bavail, bsize } = statfsSync(stateDir)
    await expect(ensure(one, bavail * bsize)).rejects.toMatchObject({ code: 'diskFull', class: 'provider' })
    const half = Math.floor((bavail * bsize) / 2)
    volumes = createVolumes({ stateDir, keepFreeBytes: half })
    await ensure(one, Math.floor(half * 0.7))
    await expect(ensure(two, Math.floor(half * 0.7))).rejects.toMatchObject({ code: 'diskFull' })
  })

  test('that are damaged are told, and not waited for', async () => {
    await ensure(one, 8 * MIB)
    await volumes.retire(one, soon())
    const file = openSync(imageOf(one), 'r+')
    writeSync(file, Buffer.alloc(MIB, 0xff), 0, MIB, 4_096)
    closeSync(file)
    await expect(ensure(one, 8 * MIB)).rejects.toMatchObject({
      code: 'volumeDamaged',
      hint: expect.stringMatching(/e2fsck/),
    })
    writeFileSync(imageOf(one), Buffer.alloc(8 * MIB))
    await expect(ensure(one, 8 * MIB)).rejects.toMatchObject({ code: 'volumeDamaged' })
  })

  test('have names that stay within their folder', async () => {
    for (const name of ['..', '../x', '', '.hidden', 'a/b'])
      await expect(volumes.ensure(one, [{ name, sizeBytes: MIB }], {}, soon())).rejects.toMatchObject({
        code: 'badVolume',
      })
  })
})
