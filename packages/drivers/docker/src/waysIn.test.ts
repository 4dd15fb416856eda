import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import type { LeaseId } from '@tender/driver'
import { extract, type Header, pack } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectTo } from './connect.ts'
import { copyFrom, copyInto } from './copy.ts'
import { execIn } from './exec.ts'
import { createFirewall } from './isolation/firewall.ts'
import { createLeaseNetworks } from './isolation/network.ts'
import { noEngine, startTestEngine, type TestContainer, type TestEngine } from './isolation/testEngine.ts'
import { createVolumes } from './isolation/volumes.ts'

const soon = () => AbortSignal.timeout(60_000)
const leaseId: LeaseId = `0x${'c'.repeat(64)}`
const root = { uid: 0, gid: 0 }

function tarOf(...entries: (Partial<Header> & { name: string; content?: string })[]): Readable {
  const tar = pack()
  for (const { content, ...header } of entries) tar.entry(header, content ?? '')
  tar.finalize()
  return Readable.from(tar)
}

async function read(tar: Readable): Promise<Record<string, string>> {
  const entries = extract()
  entries.end(await buffer(tar))
  const found: Record<string, string> = {}
  for await (const entry of entries) found[entry.header.name] = String(await buffer(Readable.from(entry)))
  return found
}

describe.skipIf(noEngine)('ways into a container', () => {
  let host: TestEngine
  let volumes: ReturnType<typeof createVolumes>
  let web: TestContainer
  let bare: TestContainer
  let folder: string

  beforeAll(async () => {
    host = await startTestEngine()
    volumes = createVolumes({ stateDir: join(host.folder, 'state') })
    folder = (await volumes.ensure(leaseId, [{ name: 'data', sizeBytes: 2 ** 24 }], {}, soon())).get('data') ?? ''
    const networks = createLeaseNetworks({ engine: host.engine, firewall: createFirewall() })
    const network = await networks.ensure(leaseId, { internet: false }, soon())
    const mounts = [
      { source: folder, target: '/data', readOnly: false },
      { source: folder, target: '/fixed', readOnly: true },
    ]
    web = await host.run(network, 'web', { mounts })
    await host.load('tender-test:no-tar', [{ name: 'bin/tar', content: '', mode: 0o644 }], ['ENV PATH=/bin'])
    bare = await host.run(network, 'bare', { image: 'tender-test:no-tar' })
  })
  afterAll(async () => {
    await web?.remove()
    await volumes?.drop(leaseId, soon())
    await host?.close()
  })

  const exec = (command: readonly string[], terminal?: { columns: number; rows: number }) =>
    execIn(web.container, leaseId, { command, ...(terminal && { terminal }) }, soon())
  const running = async (name: string) => (await web.sh('ps -o args')).includes(name)

  describe('by a command', () => {
    test('keeps its outputs apart, takes input to its end, gives its code', async () => {
      const session = await exec(['sh', '-c', 'cat; echo oops >&2; exit 7'])
      session.stdin.end('hello')
      expect(await Promise.all([text(session.stdout), text(session.stderr), session.exit])).toEqual([
        'hello',
        'oops\n',
        7,
      ])
    })

    test('has a terminal of the size asked for, and of another later', async () => {
      const session = await exec(['sh', '-c', 'read line; stty size; read line; stty size'], { columns: 101, rows: 33 })
      let seen = ''
      session.stdin.write('\n')
      await expect.poll(() => (seen += session.stdout.read() ?? '')).toContain('33 101')
      await session.resize({ columns: 55, rows: 22 })
      session.stdin.write('\n')
      expect(await text(session.stdout)).toContain('22 55')
      expect(await session.exit).toBe(0)
    })

    test('that is no program is told', async () => {
      await expect(exec(['/bin/nothing'])).rejects.toMatchObject({
        code: 'startFailed',
        message: expect.stringMatching(/no such file/),
      })
      await expect(exec(['/bin/nothing'], { columns: 80, rows: 24 })).rejects.toMatchObject({ code: 'startFailed' })
    })

    test('that is killed dies, with its children', async () => {
      const session = await exec(['sh', '-c', 'trap "" TERM HUP; sleep 4711 & sleep 4712'])
      await expect.poll(() => running('sleep 4711')).toBe(true)
      session.kill()
      expect(await session.exit).toBe(137)
      await expect.poll(() => running('sleep 471')).toBe(false)
    })

    test('dies when who reads it goes', async () => {
      const session = await exec(['sleep', '4713'])
      await expect.poll(() => running('sleep 4713')).toBe(true)
      session.stdout.destroy()
      expect(await session.exit).toBe(137)
      await expect.poll(() => running('sleep 4713')).toBe(false)
    })

    test('that writes faster than is read waits', async () => {
      const session = await exec(['yes'])
      await once(session.stdout, 'readable')
      expect(session.stdout.readableLength).toBeLessThan(2 ** 20)
      session.kill()
      await session.exit
    })

    test('does not start in a container that is gone', async () => {
      const gone = host.engine.getContainer('0'.repeat(64))
      await expect(execIn(gone, leaseId, { command: ['ls'] }, soon())).rejects.toMatchObject({ code: 'notServing' })
    })
  })

  describe('by a connection', () => {
    test('leads to any port that listens', async () => {
      const socket = await connectTo(leaseId, { host: web.address, port: 8080 }, soon())
      socket.end('GET / HTTP/1.0\r\n\r\n')
      expect(await text(socket)).toMatch(/^HTTP\/1.[01] 404/)
    })

    test('says that nothing listens', async () => {
      await expect(connectTo(leaseId, { host: web.address, port: 9 }, soon())).rejects.toMatchObject({
        code: 'notServing',
      })
    })
  })

  describe('by a copy', () => {
    test('reads files and folders of the image, of volumes and of memory', async () => {
      await web.sh('echo a > /data/a; mkdir -p /tmp/d; echo b > /tmp/d/b')
      expect(await read(await copyFrom(web.container, leaseId, '/data/a', soon()))).toEqual({ a: 'a\n' })
      expect(await read(await copyFrom(web.container, leaseId, '/etc/group', soon()))).toHaveProperty('group')
      expect(await read(await copyFrom(web.container, leaseId, '/tmp/d', soon()))).toMatchObject({ 'd/b': 'b\n' })
    })

    test('writes into volumes and memory, as the owner, without set-id bits and devices', async () => {
      const files = () =>
        tarOf(
          { name: 'x/', type: 'directory', uid: 7 },
          { name: 'x/run', content: 'new', mode: 0o4755, uid: 7 },
          { name: 'x/disk', type: 'block-device', devmajor: 8, devminor: 0 },
        )
      for (const path of ['/data', '/tmp']) {
        await copyInto(web.container, leaseId, { path, owner: root }, files(), soon())
        expect(await web.sh(`cat ${path}/x/run; ls -ln ${path}/x`)).toMatch(
          /^new(total 4\n)?.*-rwxr-xr-x +1 0 +0 .* run\n$/s,
        )
      }
    })

    test('says what cannot be read or written', async () => {
      const missing = { code: 'pathNotFound', class: 'notFound' }
      const into = (path: string) =>
        copyInto(web.container, leaseId, { path, owner: root }, tarOf({ name: 'x' }), soon())
      for (const path of ['/none', '/data/none', '/tmp/none'])
        await expect(copyFrom(web.container, leaseId, path, soon())).rejects.toMatchObject(missing)
      for (const path of ['/etc', '/fixed', '/', '/none', '/data/none', '/tmp/none', '/proc', '/data/../etc'])
        await expect([path, await into(path).catch((error) => error)]).toMatchObject([path, missing])
      await expect(copyFrom(bare.container, leaseId, '/tmp', soon())).rejects.toMatchObject({
        ...missing,
        message: expect.stringMatching(/no tar/),
      })
    })

    test('never leaves the container, whatever its links say', async () => {
      const secret = join(host.folder, 'host-secret')
      writeFileSync(secret, 'of the host')
      await web.sh(
        `cd /data; ln -s ${secret} link; ln -s / top; ln -s /proc/1/root up; ln -s ../../../../../../../.. far`,
      )
      for (const path of [
        '/data/link',
        `/data/top${secret}`,
        `/data/far${secret}`,
        `/data/up${secret}`,
        `/data/top/proc/1/root${secret}`,
      ]) {
        const found = await copyFrom(web.container, leaseId, path, soon()).then(read, (error) => ({
          [path]: error.code,
        }))
        expect(JSON.stringify(found)).not.toContain('of the host')
      }
      for (const path of [
        '/data/top',
        `/data/top${host.folder}`,
        `/data/far${host.folder}`,
        '/data/link',
        '/data/up/etc',
      ]) {
        const tar = tarOf({ name: 'planted', content: 'x' })
        await copyInto(web.container, leaseId, { path, owner: root }, tar, soon()).catch(() => {})
      }
      const links = tarOf(
        { name: 'out', type: 'symlink', linkname: host.folder },
        { name: 'out/planted', content: 'x' },
        { name: 'abs', type: 'symlink', linkname: '/etc' },
        { name: 'abs/planted', content: 'x' },
      )
      await copyInto(web.container, leaseId, { path: '/data', owner: root }, links, soon()).catch(() => {})
      for (const place of [join(host.folder, 'planted'), '/planted', '/etc/planted'])
        expect(existsSync(place)).toBe(false)
      expect(await web.sh('ls /etc /')).not.toContain('planted')
    })

    test('refuses names that lead upwards, what is no tar, and too much', async () => {
      const into = (tar: Readable, maxBytes = 2 ** 30) =>
        copyInto(web.container, leaseId, { path: '/data', owner: root }, tar, soon(), { maxBytes, limitMs: 60_000 })
      await expect(into(tarOf({ name: '../up', content: 'x' }))).rejects.toMatchObject({ code: 'badTar' })
      await expect(into(tarOf({ name: 'l', type: 'link', linkname: '../../etc/passwd' }))).rejects.toMatchObject({
        code: 'badTar',
      })
      await expect(into(Readable.from([Buffer.alloc(2_000, 1)]))).rejects.toMatchObject({ code: 'badTar' })
      const large = tarOf({ name: 'large', content: 'x'.repeat(100_000) })
      await expect(into(large, 50_000)).rejects.toMatchObject({ code: 'copyTooLarge' })
      const out = await copyFrom(web.container, leaseId, '/bin/busybox', soon(), { maxBytes: 10_000, limitMs: 60_000 })
      await expect(buffer(out)).rejects.toMatchObject({ code: 'copyTooLarge' })
    })

    test('of more than a volume holds fails, and the host stays as it was', async () => {
      const large = tarOf({ name: 'large', content: 'x'.repeat(2 ** 25) })
      await expect(copyInto(web.container, leaseId, { path: '/data', owner: root }, large, soon())).rejects.toThrow()
      await web.sh('rm /data/large')
    })
  })
})
