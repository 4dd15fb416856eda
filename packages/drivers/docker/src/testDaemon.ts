import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Docker from 'dockerode'
import { withLock } from './leaseLock.ts'
import { poll } from './poll.ts'

/** Why tests with a Docker engine cannot run here; `undefined` if they can. */
export const noDocker: string | undefined = (() => {
  if (process.getuid?.() !== 0) return 'needs docker.io as root'
  const missing = ['dockerd', 'iptables', 'mkfs.ext4'].find(
    (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0,
  )
  if (missing !== undefined) return `needs docker.io as root: no ${missing}`
  return existsSync('/bin/busybox') ? undefined : 'needs busybox-static'
})()

const START_MS = 60_000

/**
 * dockerd below a folder of its own, on `docker.sock` within, without a default bridge. It answers.
 *
 * One at a time on this host: of two that make the engine's firewall chains at the same moment, one gives up.
 */
export function startDaemon(folder: string, options: readonly string[] = []): Promise<ChildProcess> {
  const start = async () => {
    const daemon = spawnDaemon(folder, options)
    await poll(() => answers(daemon, join(folder, 'docker.sock')), 50, AbortSignal.timeout(START_MS))
    return daemon
  }
  return withLock(tmpdir(), 'start of a test daemon', start, AbortSignal.timeout(2 * START_MS))
}

async function answers(daemon: ChildProcess, socketPath: string): Promise<true | undefined> {
  if (daemon.exitCode !== null) throw new Error(`dockerd ended with code ${daemon.exitCode}, see its log`)
  return new Docker({ socketPath, timeout: 2_000 }).ping().then(
    () => true,
    () => undefined,
  )
}

function spawnDaemon(folder: string, options: readonly string[]): ChildProcess {
  mkdirSync(join(folder, 'exec'), { recursive: true })
  rmSync(join(folder, 'pid'), { force: true })
  const log = openSync(join(folder, 'dockerd.log'), 'a')
  const paths = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')]
  const own = ['-H', `unix://${join(folder, 'docker.sock')}`, '--pidfile', join(folder, 'pid'), '--bridge=none']
  const daemon = spawn('dockerd', [...paths, ...own, ...options], { stdio: ['ignore', log, log] })
  process.once('exit', () => daemon.kill('SIGKILL'))
  return daemon
}

/** Ends dockerd, and the containerd that it started: the kernel ends that with it, though not at once. */
export async function endDaemon(daemon: ChildProcess, folder: string, signal: NodeJS.Signals): Promise<void> {
  if (daemon.exitCode === null && daemon.signalCode === null) {
    const ended = new Promise((resolve) => daemon.once('exit', resolve))
    daemon.kill(signal)
    await ended
  }
  const file = join(folder, 'exec', 'containerd', 'containerd.pid')
  const pid = existsSync(file) ? readFileSync(file, 'utf8') : ''
  while (pid !== '' && isAlive(pid)) await delay(20)
  // Where nobody fetches its exit code the number stays taken, and the next dockerd would take it for alive.
  rmSync(file, { force: true })
}

function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Unmounts whatever a killed engine or container left below a folder. */
export function unmountBelow(folder: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const points = mounts.flatMap((line) => line.split(' ')[1] ?? []).filter((point) => point.startsWith(`${folder}/`))
  for (const point of points.reverse()) spawnSync('umount', ['-l', point])
}
