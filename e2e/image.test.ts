import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { noEngine, startTestEngine, type TestEngine } from '@tender/driver-docker/isolation/testEngine'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { freePorts, killTenders, startTender } from './support/tender.ts'

// Builds deploy/Dockerfile on a Debian made here, since no registry of images can be relied on. Minutes long, and it downloads
// some 300 MB from the mirrors that this machine uses, so it runs only when asked: TENDER_TEST_IMAGE=1.

const root = fileURLToPath(new URL('..', import.meta.url))
const canRun = spawnSync('sh', ['-c', 'command -v debootstrap docker']).status === 0 && noEngine === undefined
const skipped = !process.env.TENDER_TEST_IMAGE || !canRun

const MINUTE_MS = 60_000

let docker: TestEngine
let home: string
beforeAll(async () => {
  if (skipped) return
  docker = await startTestEngine()
  home = await mkdtemp(join(tmpdir(), 'tender-image-'))
}, 2 * MINUTE_MS)
afterAll(async () => {
  killTenders()
  await docker?.close()
  if (home) await rm(home, { recursive: true })
}, 5 * MINUTE_MS)

/** Runs a program to its end. @returns what it printed. @throws all that it said, if it failed */
async function command(program: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, DOCKER_HOST: `unix://${join(docker.folder, 'docker.sock')}`, DOCKER_BUILDKIT: '0' }
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: root })
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
  const [code, out, error] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${out.slice(-4_000)}${error.slice(-4_000)}`)
  return out
}

/** A Debian that downloads from where this machine does, with the certificates that it trusts. */
async function makeBase(directory: string): Promise<void> {
  const sources = await readFile('/etc/apt/sources.list.d/debian.sources', 'utf8').catch(() => '')
  const [, mirror = 'http://deb.debian.org/debian'] = /^URIs: *(\S+)/m.exec(sources) ?? []
  await command('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', directory, mirror])
  if (sources) await rm(join(directory, 'etc/apt/sources.list'))
  const own = ['etc/apt/sources.list.d', 'etc/apt/apt.conf.d', 'usr/local/share/ca-certificates']
  const there = sources ? own.filter((path) => existsSync(join('/', path))) : []
  for (const path of there) await cp(join('/', path), join(directory, path), { recursive: true })
  await command('chroot', [directory, 'update-ca-certificates'])
  const npmrc = join(homedir(), '.npmrc')
  if (existsSync(npmrc)) await cp(npmrc, join(directory, 'root/.npmrc'))
  const certificates = 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'
  await command('sh', [
    '-c',
    'tar -C "$0" -c . | docker import --change "$1" - tender-test:base',
    directory,
    certificates,
  ])
}

test.skipIf(skipped)(
  'the image is built on a Debian of one’s own, and the agent runs in it with both drivers well',
  async () => {
    await makeBase(join(home, 'base'))
    const image = ['--file', 'deploy/Dockerfile', '--build-arg', 'BASE=tender-test:base', '--tag', 'tender-test:agent']
    await command('docker', ['build', '--network', 'host', ...image, '.'])
    const host = ['run', '--rm', '--init', '--network', 'host']
    expect(await command('docker', [...host, 'tender-test:agent', '--help'])).toContain('Usage: tender')

    const dev = startTender(home, ['dev', '--empty', '--json', '--port', String(await freePorts(13))])
    await dev.nextLine()
    const socket = join(docker.folder, 'docker.sock')
    const sells = ['--country', 'DE', '--units', '2', '--price', '0.018 USDC/h', '--socket', socket]
    const config = join(home, 'provider.json')
    const init = startTender(home, ['provider', 'init', '--account', 'owner', ...sells, '--config', config, '--json'])
    expect(await init.finished).toMatchObject({ code: 0 })

    // On a system that systemd started every mount is shared already.
    await command('mount', ['--bind', home, home])
    onTestFinished(() => command('umount', ['--recursive', '--lazy', home]).then(() => {}))
    await command('mount', ['--make-rshared', home])
    // As deploy/README.md says: the same folders as on the host, since the engine mounts them from there.
    const same = [`${home}:rshared`, `${join(docker.folder, 'data')}:ro`, socket, '/run/tender', '/dev'].map((path) => {
      const [place = '', mode] = path.split(':')
      return `--volume=${place}:${place}${mode === undefined ? '' : `:${mode}`}`
    })
    const powers = ['--cap-add=NET_ADMIN', '--cap-add=SYS_ADMIN', '--security-opt=seccomp=unconfined']
    const more = [
      '--security-opt=apparmor=unconfined',
      '--device-cgroup-rule=b 7:* rmw',
      '--device-cgroup-rule=c 10:237 rmw',
    ]
    const mounts = [...same, ...powers, ...more]
    const start = ['provider', 'start', '--home', home, '--config', config, '--account', 'operator']
    await command('docker', [
      'run',
      '--detach',
      '--init',
      '--name',
      'agent',
      '--network',
      'host',
      ...mounts,
      'tender-test:agent',
      ...start,
    ])
    const status = async () => {
      const asked = startTender(home, ['provider', 'status', '--config', config, '--account', 'operator', '--json'])
      const { running, drivers = [] } = JSON.parse((await asked.finished).stdout)
      return {
        running,
        drivers: drivers.map(({ kind, healthy, reason }: Record<string, unknown>) => ({ kind, healthy, reason })),
      }
    }
    await expect.poll(status, { timeout: 2 * MINUTE_MS, interval: 2_000 }).toEqual({
      running: true,
      drivers: [
        { kind: 'wasm', healthy: true },
        { kind: 'docker', healthy: true },
      ],
    })
    await command('docker', ['stop', '--time', '60', 'agent'])
    expect(await command('docker', ['inspect', '--format', '{{.State.ExitCode}}', 'agent'])).toBe('0\n')
    dev.process.kill('SIGINT')
    await dev.finished
  },
  30 * MINUTE_MS,
)
