import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { freemem, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Handle, ServiceSpec, WorkloadSpec } from '@tender/driver'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { logConfigOf } from './logFiles.ts'
import { writeTestImage } from './testImages.ts'
import { createTestKit, noDocker, soon, type TestKit } from './testKit.ts'

const MIB = 2 ** 20
const BUSYBOX = noDocker === undefined ? readFileSync('/bin/busybox') : Buffer.alloc(0)

describe.skipIf(noDocker)('a hostile image', () => {
  let kit: TestKit
  let image: string
  let neighbour: Handle
  let freeDisk: number
  const started: Handle[] = []

  beforeAll(async () => {
    kit = await createTestKit()
    image = await writeTestImage(kit.folder, 'hostile', {
      files: [
        { name: 'setid', type: 'directory', mode: 0o755 },
        { name: 'setid/su', mode: 0o4755, content: BUSYBOX },
      ],
      config: { Volumes: { '/scratch': {} } },
    })
    neighbour = await kit.start(kit.spec([kit.web('echo well > $PAGE')]))
    await vi.waitFor(() => kit.ask(neighbour), { timeout: 60_000, interval: 100 })
    const { bavail, bsize } = statfsSync(kit.folder)
    freeDisk = bavail * bsize
  })
  afterAll(() => kit.close())

  /** Whatever it did: the neighbour and the host answer, and the host has what it had. */
  afterEach(async () => {
    expect(await kit.ask(neighbour)).toBe('well\n')
    expect(spawnSync('true').status).toBe(0)
    expect(freemem()).toBeGreaterThan(256 * MIB)
    const { bavail, bsize } = statfsSync(kit.folder)
    expect(freeDisk - bavail * bsize).toBeLessThan(4_096 * MIB)
    for (const handle of started.splice(0)) await kit.driver.destroy(handle)
    expect(await kit.ask(neighbour)).toBe('well\n')
  })

  const start = async (script: string, service: Partial<ServiceSpec> = {}, more: Partial<WorkloadSpec> = {}) => {
    const evil = kit.script(script, { name: 'evil', image: { kind: 'file', path: image }, ...service })
    const handle = await kit.start(kit.spec([evil], more, { memoryBytes: 64 * MIB, cpuMilli: 500 }))
    started.push(handle)
    return handle
  }
  const sh = async (handle: Handle, script: string): Promise<string> => {
    const request = { service: 'evil', replica: 0, command: ['sh', '-c', script] }
    const session = await kit.driver.exec(handle, request, soon())
    session.stdin.end()
    const [out, err] = await Promise.all([text(session.stdout), text(session.stderr), session.exit])
    return out + err
  }
  /** Tries commands, gives those that worked. */
  const tryAll = async (handle: Handle, commands: readonly string[]): Promise<string[]> => {
    const lines = commands.map(
      (command, index) => `((${command}) >/dev/null 2>&1 </dev/null && echo worked ${index}) &`,
    )
    // A few at a time: it has only so many processes.
    const script = lines.map((line, index) => (index % 5 === 4 ? `${line} wait` : line)).join('\n')
    const output = await sh(handle, `${script}\nwait; echo done`)
    expect(output).toMatch(/done\n$/)
    return commands.filter((_, index) => output.split('\n').includes(`worked ${index}`))
  }
  const statsOf = async (handle: Handle) => {
    const list = await kit.engine.listContainers()
    const found = list.find(({ Names }) => Names.some((name) => name.includes(handle.leaseId.slice(2))))
    if (!found) throw new Error('it runs no more')
    return kit.engine.getContainer(found.Id).stats({ stream: false })
  }

  test('that forks without end has its own number of processes', async () => {
    const handle = await start('bomb() { bomb & bomb & exec sleep 1000000; }; bomb & exec sleep 1000000')
    await expect
      .poll(async () => (await statsOf(handle)).pids_stats?.current ?? 0, { timeout: 60_000 })
      .toBeGreaterThan(40)
    expect((await statsOf(handle)).pids_stats?.current).toBeLessThanOrEqual(64)
    expect(await kit.ask(neighbour)).toBe('well\n')
    await kit.driver.stop(handle, { graceMs: 0 })
    expect(await kit.driver.inspect(handle)).toMatchObject({ state: 'ended' })
  })

  test('that takes all memory is killed alone', async () => {
    const handle = await start('x=0123456789; while :; do x=$x$x; done')
    expect((await kit.driver.wait(handle, soon())).reason).toMatchObject({ kind: 'killed', by: 'memory' })
  })

  test('that fills memory through files is stopped by their size or by its memory', async () => {
    const handle = await start('sleep 1000000')
    for (const path of ['/tmp', '/dev/shm', '/scratch'])
      expect(await sh(handle, `dd if=/dev/zero of=${path}/x bs=1M; rm ${path}/x`)).toMatch(/No space left/)
    expect(
      await sh(handle, `seq 1 20000 | busybox xargs touch 2>&1; cd /tmp; seq 1 20000 | busybox xargs touch`),
    ).toMatch(/No space left/)
    // Each for itself may be that large, all together are more than its memory.
    const all = ['/tmp', '/scratch', '/dev/shm'].map((path) => `dd if=/dev/zero of=${path}/x bs=1M`)
    const other = await start('sleep 1000000')
    expect(await sh(other, `${all.join('; ')}; echo code $?`)).toMatch(/code 137/)
  })

  test('that fills disks finds none but its volume, and that ends', async () => {
    const volumes = [{ volume: 'data', path: '/data', readOnly: false }]
    const handle = await start('sleep 1000000', { volumes }, { volumes: [{ name: 'data', sizeBytes: 8 * MIB }] })
    const places =
      '/ /etc /bin /www /proc /sys /dev/mqueue/../../root /etc/hosts /etc/resolv.conf /etc/hostname /.dockerenv'
    const writes = places.split(' ').map((path) => `[ -d ${path} ] && echo > ${path}/new || echo x >> ${path}`)
    expect(await tryAll(handle, writes)).toEqual([])
    expect(await sh(handle, 'dd if=/dev/zero of=/data/x bs=1M')).toMatch(/No space left/)
    const file = join(kit.stateDir, 'volumes', handle.leaseId, 'data', 'image')
    expect(statSync(file).blocks * 512).toBeLessThanOrEqual(8 * MIB)
    expect(await sh(handle, 'rm /data/x; cd /data; seq 1 20000 | busybox xargs touch')).toMatch(/No space left/)
  })

  test('that floods its log is ended, and its log stays small', async () => {
    const handle = await start('yes 0123456789012345678901234567890123456789')
    const root = join(kit.folder, 'data', 'containers')
    expect((await kit.driver.wait(handle, soon())).reason).toMatchObject({ kind: 'killed', by: 'output' })
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /-json\.log/.test(name))
    const bytes = files.reduce((sum, name) => sum + statSync(join(root, name)).size, 0)
    const { 'max-size': size, 'max-file': count } = logConfigOf(1).Config
    expect(size).toMatch(/^\d+m$/)
    // What is written between two looks at a file's size comes on top.
    expect(bytes).toBeLessThan((Number.parseInt(size, 10) + 1) * Number(count) * MIB)
  })

  test('that burns CPU time gets its share', async () => {
    const handle = await start('for i in 1 2 3 4; do (while :; do :; done) & done; wait')
    await expect
      .poll(async () => (await statsOf(handle)).cpu_stats.throttling_data.throttled_periods, { timeout: 60_000 })
      .toBeGreaterThan(5)
  })

  test('has no rights beyond those of a plain server', async () => {
    const handle = await start('sleep 1000000')
    const status = await sh(handle, 'cat /proc/self/status')
    // CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID, NET_BIND_SERVICE.
    expect(status).toMatch(/CapEff:\s+00000000000004eb/)
    expect(status).toMatch(/CapBnd:\s+00000000000004eb/)
    expect(status).toMatch(/NoNewPrivs:\s+1/)
    expect(status).toMatch(/Seccomp:\s+2/)
  })

  test('does not get out through mounts, devices, namespaces or the kernel', async () => {
    const volumes = [{ volume: 'data', path: '/data', readOnly: false }]
    const handle = await start('sleep 1000000', { volumes }, { volumes: [{ name: 'data', sizeBytes: 8 * MIB }] })
    const worked = await tryAll(handle, [
      'busybox mount -t tmpfs x /tmp',
      'busybox mount -t proc x /tmp',
      'busybox mount -o remount,rw /',
      'busybox mount -o remount,rw /proc/sys',
      'busybox mount -o bind /proc /tmp',
      'busybox mount -t cgroup -o memory x /tmp',
      'busybox umount /proc/kcore',
      'echo x > /proc/sys/kernel/core_pattern',
      'echo 1 > /proc/sys/vm/drop_caches',
      'echo 1 > /proc/sys/net/ipv4/ip_forward',
      'echo b > /proc/sysrq-trigger',
      'echo x > /sys/kernel/uevent_helper',
      'echo 1 > /sys/fs/cgroup/memory/memory.limit_in_bytes',
      'echo x > /sys/fs/cgroup/memory/release_agent',
      'busybox mkdir /sys/fs/cgroup/memory/x',
      'echo -1000 > /proc/self/oom_score_adj',
      'busybox head -c 1 /proc/kcore | busybox grep -q .',
      'busybox head -c 1 /proc/keys | busybox grep -q .',
      'busybox mknod /tmp/disk b 254 0',
      'busybox mknod /data/disk b 254 0',
      'busybox mknod /dev/disk b 254 0',
      'busybox head -c 1 /dev/mem',
      'busybox head -c 1 /dev/kmsg',
      'busybox ls /dev/vda /dev/sda /dev/loop0',
      'busybox ls /dev/loop-control',
      'busybox ls /var/run/docker.sock /run/docker.sock',
      'busybox unshare -U true',
      'busybox unshare -m true',
      'busybox unshare -n true',
      'busybox nsenter -t 1 -m true',
      'busybox chroot / true',
      'busybox losetup /dev/loop0 /bin/busybox',
      'busybox swapon /data/x',
      'busybox insmod /bin/busybox',
      'busybox reboot -f',
      'busybox date -s 2001-01-01; date | busybox grep 2001',
      'busybox hostname owned',
      'busybox renice -n -5 -p 1',
      'busybox dmesg',
    ])
    expect(worked).toEqual([])
    expect(await sh(handle, 'ls -d /proc/[0-9]* | busybox wc -l')).toMatch(/^\d\n/)
    expect(await sh(handle, 'cat /proc/self/cgroup')).not.toMatch(/docker|[0-9a-f]{64}/)
  })

  test('gains nothing by a set-id program', async () => {
    const handle = await start('sleep 1000000', { user: 'web' })
    // Root's program, and set-id; yet it does not become root, and says so.
    expect(await sh(handle, 'ls -l /setid/su; id; /setid/su -c id root')).toMatch(
      /^-rws.* root .*uid=1000.*must be suid/s,
    )
  })

  test('has no raw sockets, and its network is not its own to change', async () => {
    const handle = await start('sleep 1000000', {}, { network: 'internet' })
    expect(
      await tryAll(handle, [
        'busybox arping -c 1 -w 2 10.213.0.1',
        'busybox ip link set eth0 down',
        'busybox ip addr add 10.213.0.99/16 dev eth0',
        'busybox ip route add 10.0.0.0/8 dev eth0',
        'busybox ip neigh replace 10.213.0.1 lladdr 02:00:00:00:00:01 dev eth0',
        'busybox ifconfig eth0 hw ether 02:00:00:00:00:01',
        'busybox udhcpc -n -q -t 1 -T 1 -i eth0',
        'busybox traceroute -I -m 1 -w 1 1.1.1.1',
      ]),
    ).toEqual([])
  })

  test('reaches neither the host, nor what it publishes, nor its neighbour, nor metadata', async () => {
    const servers = [7791, 2375].map((port) => serve(`0.0.0.0:${port}`))
    const published = await publish()
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    const hosts = own
      .flatMap(({ family, internal, address }) => (family === 'IPv4' && !internal ? [address] : []))
      .slice(0, 3)
    const [neighbours] = await kit.driver.endpoints(neighbour)
    const targets = [
      ...hosts.flatMap((address) => [7791, 2375, published.port].map((port) => `${address} ${port}`)),
      `${neighbours?.host} ${neighbours?.port}`,
      ...['169.254.169.254', '100.100.100.200', '168.63.129.16', '10.0.0.1', '172.17.0.1', '192.168.0.1'].map(
        (ip) => `${ip} 80`,
      ),
    ]
    // They answer, only not to it.
    for (const port of [7791, 2375, published.port])
      await expect
        .poll(() =>
          fetch(`http://${hosts[0]}:${port}/none`).then(
            ({ status }) => status,
            () => 0,
          ),
        )
        .toBe(404)
    try {
      for (const network of [undefined, 'internet'] as const) {
        const handle = await start('sleep 1000000', {}, network ? { network } : {})
        const tries = targets.map((target) => `echo | busybox timeout 3 busybox nc ${target}`)
        expect([network, await tryAll(handle, tries)]).toEqual([network, []])
        // A name is only another way to write an address: what the name server says changes nothing.
        expect(
          await tryAll(handle, ['busybox nslookup host.docker.internal 127.0.0.11', 'busybox nslookup web 127.0.0.11']),
        ).toEqual([])
      }
    } finally {
      for (const server of servers) server.kill('SIGKILL')
      await published.close()
    }
  })

  /** A container of the provider's own that publishes a port. */
  async function publish(): Promise<{ port: number; close(): Promise<void> }> {
    const network = await kit.engine.createNetwork({
      Name: 'own',
      IPAM: { Driver: 'default', Config: [{ Subnet: '172.31.99.0/24' }] },
    })
    const container = await kit.engine.createContainer({
      Image: (await kit.engine.listImages())[0]?.Id ?? '',
      Cmd: ['httpd', '-f', '-p', '80', '-h', '/tmp'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { NetworkMode: 'own', PortBindings: { '80/tcp': [{ HostPort: '' }] } },
    })
    await container.start()
    const { NetworkSettings } = await container.inspect()
    const port = Number(NetworkSettings.Ports['80/tcp']?.[0]?.HostPort)
    const close = async () => {
      await container.remove({ force: true })
      await network.remove()
    }
    return { port, close }
  }

  function serve(address: string): ChildProcess {
    return spawn('/bin/busybox', ['httpd', '-f', '-p', address, '-h', '/etc/apt'], { stdio: 'ignore' })
  }
})
