import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { ServiceSpec } from '@tender/driver'
import Docker from 'dockerode'
import { pack } from 'tar-stream'
import { execIn } from '../exec.ts'
import { endDaemon, startDaemon, unmountBelow } from '../testDaemon.ts'
import { hostConfigOf, type Share } from './hostConfig.ts'
import type { HostMount, LeaseNetwork } from './types.ts'

export { noDocker as noEngine } from '../testDaemon.ts'

/** The image that every test engine has: busybox in /bin, a user `web` (1000), a setuid copy of busybox, a declared volume. */
export const TEST_IMAGE = 'tender-test:busybox'

/** A Docker engine of one test file. */
export type TestEngine = {
  engine: Docker
  /** Of the test; the engine's own folders are within. Removed by `close`. */
  folder: string
  /** Starts a container of `TEST_IMAGE` (or another) as the driver would; it serves HTTP on 8080 (404 to everything). */
  run(network: LeaseNetwork, name: string, options?: TestContainerOptions): Promise<TestContainer>
  containersOf(network: LeaseNetwork): Promise<readonly { id: string }[]>
  /** Kills dockerd as `kill -9` does and starts it again. */
  restart(): Promise<void>
  /** Loads an image made of `/bin/busybox` and more files. */
  load(name: string, files: readonly TestFile[], changes?: readonly string[]): Promise<void>
  close(): Promise<void>
}
export type TestContainerOptions = {
  image?: string
  command?: readonly string[]
  share?: Share
  service?: Partial<ServiceSpec>
  mounts?: readonly HostMount[]
}
export type TestContainer = {
  container: Docker.Container
  address: string
  /** Runs a script within and gives both its outputs. */
  sh(script: string): Promise<string>
  remove(): Promise<void>
}
export type TestFile = { name: string; content?: string | Buffer; mode?: number; link?: string; uid?: number }

/** Starts dockerd below a folder of its own, without a default bridge. */
export async function startTestEngine(): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'tender-engine-'))
  const socketPath = join(folder, 'docker.sock')
  const engine = new Docker({ socketPath })
  let daemon: ChildProcess
  const start = async () => {
    daemon = await startDaemon(folder, ['--live-restore'])
  }
  const load: TestEngine['load'] = async (name, files, changes = []) => {
    const [repo, tag] = name.split(':')
    const options = { repo, tag, changes: [...changes] }
    const stream = await engine.importImage(rootfs(files), options)
    await new Promise((resolve, reject) =>
      engine.modem.followProgress(stream, (error) => (error ? reject(error) : resolve(0))),
    )
  }
  let addresses = 0
  const run: TestEngine['run'] = async (network, name, options = {}) => {
    const address = network.address(addresses++)
    const { image = TEST_IMAGE, command = ['httpd', '-f', '-p', '8080'], mounts = [] } = options
    const share = options.share ?? { cpuMilli: 500, memoryBytes: 128 * 2 ** 20 }
    const service: ServiceSpec = {
      name,
      shape: 'http',
      image: { kind: 'registry', reference: image },
      args: command,
      environment: {},
      replicas: 1,
      ...options.service,
    }
    const container = await engine.createContainer({
      Image: image,
      Cmd: [...command],
      ...(service.user !== undefined && { User: service.user }),
      HostConfig: hostConfigOf(service, share, { network, mounts, imageVolumes: ['/scratch'] }),
      NetworkingConfig: {
        EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: address }, Aliases: [name] } },
      },
    })
    await container.start()
    return {
      container,
      address,
      sh: async (script) => {
        const signal = AbortSignal.timeout(60_000)
        const session = await execIn(container, network.leaseId, { command: ['sh', '-c', script] }, signal)
        session.stdin.end()
        const [out, err] = await Promise.all([text(session.stdout), text(session.stderr), session.exit])
        return out + err
      },
      remove: () => container.remove({ force: true }),
    }
  }
  await start()
  const busybox = readFileSync('/bin/busybox')
  await load(
    TEST_IMAGE,
    [
      { name: 'bin/su-busybox', content: busybox, mode: 0o4755 },
      { name: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n' },
      { name: 'etc/group', content: 'root:x:0:\nweb:x:1000:\nlogs:x:1001:web\n' },
    ],
    ['VOLUME /scratch', 'CMD ["sleep","1000000"]', 'ENV PATH=/bin'],
  )
  return {
    engine,
    folder,
    load,
    run,
    containersOf: async ({ id }) => {
      const filters = { network: [id] }
      return (await engine.listContainers({ all: true, filters })).map(({ Id }) => ({ id: Id }))
    },
    restart: async () => {
      await endDaemon(daemon, folder, 'SIGKILL')
      await start()
    },
    close: async () => {
      for (const { Id } of await engine.listContainers({ all: true }))
        await engine.getContainer(Id).remove({ force: true, v: true })
      await engine.pruneNetworks()
      await endDaemon(daemon, folder, 'SIGTERM')
      unmountBelow(folder)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const APPLETS =
  'sh ls cat echo sleep wget nc nslookup ping ping6 id mount mknod dd df touch mkdir rm chmod chown ip arping telnet ps kill tar ln yes head tail grep wc seq true false test od stat httpd ulimit nproc free hostname su losetup swapon reboot insmod sysctl fsync tr cut printf env date find timeout sync stty udhcpc traceroute ifconfig route unshare nsenter chroot pivot_root'

function rootfs(files: readonly TestFile[]): Readable {
  const tar = pack()
  for (const name of ['bin', 'etc', 'tmp', 'run', 'scratch', 'www']) tar.entry({ name, type: 'directory', mode: 0o755 })
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, readFileSync('/bin/busybox'))
  const own = new Set(files.map(({ name }) => name))
  for (const name of new Set(APPLETS.split(' ')))
    if (!own.has(`bin/${name}`)) tar.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' })
  for (const { name, content = '', mode = 0o644, link, uid = 0 } of files)
    if (link === undefined) tar.entry({ name, mode, uid, gid: uid }, content)
    else tar.entry({ name, type: 'symlink', linkname: link })
  tar.finalize()
  return Readable.from(tar)
}
