import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { imageTar } from '../../tools/imageTar.ts'

const DEADLINE_MS = 120_000
/** Where the container of {@link writeImage} answers. */
export const PORT = 8080

/** A small image with a web server, as `image.tar` in that folder. */
export async function writeImage(folder: string): Promise<void> {
  const path = join(folder, 'image.tar')
  const files = [
    { path: '/bin/busybox', mode: 0o755, content: await readFile('/bin/busybox') },
    { path: '/bin/httpd', linkTo: 'busybox' },
    { path: '/srv/index.html', mode: 0o644, content: 'hello\n' },
  ]
  const command = ['/bin/httpd', '-f', '-p', String(PORT), '-h', '/srv']
  await writeFile(path, imageTar({ files, environment: { PATH: '/bin' }, command }))
}

/** A Docker engine of its own, all of whose files are in that folder. @throws if there is none, or this account may not */
export async function startEngine(folder: string): Promise<{ socket: string; stop(): Promise<void> }> {
  const socket = join(folder, 'docker.sock')
  const paths = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
  ]
  const engine = spawn('dockerd', [...paths, '-H', `unix://${socket}`], { stdio: 'ignore' })
  let missing = false
  engine.once('error', () => {
    missing = true
  })
  for (const signal = AbortSignal.timeout(DEADLINE_MS); ; await delay(50, undefined, { signal })) {
    if (missing || engine.exitCode !== null) throw new Error('dockerd does not start: it needs docker.io and root')
    if (await docker(socket, 'info').catch(() => undefined)) return { socket, stop: () => ended(engine) }
  }
}

async function ended(engine: ChildProcess): Promise<void> {
  const over = new Promise((resolve) => engine.once('exit', resolve))
  engine.kill('SIGTERM')
  await over
}

/** @returns milliseconds from `docker run` to the first 200 */
export async function runBare(socket: string, image: string): Promise<number> {
  const started = performance.now()
  const name = `bare-${randomBytes(4).toString('hex')}`
  await docker(socket, 'run', '-d', '--name', name, '-p', `127.0.0.1::${PORT}`, image)
  const where = await docker(socket, 'port', name, String(PORT))
  await untilAnswered(`http://${where.split('\n')[0]?.trim()}/`)
  const tookMs = performance.now() - started
  await docker(socket, 'rm', '-f', name)
  return tookMs
}

/** What Docker's own command line says. */
export async function docker(socket: string, ...args: string[]): Promise<string> {
  const options = { timeout: DEADLINE_MS, maxBuffer: 2 ** 24 }
  return (await promisify(execFile)('/usr/bin/docker', ['-H', `unix://${socket}`, ...args], options)).stdout
}

/** Asks again every 5 ms until there is a 200. */
export async function untilAnswered(url: string): Promise<void> {
  for (const signal = AbortSignal.timeout(DEADLINE_MS); (await statusOf(url)) !== 200; )
    await delay(5, undefined, { signal })
}

function statusOf(url: string): Promise<number | undefined> {
  const { host, hostname, port, pathname } = new URL(url)
  const connectTo = hostname.endsWith('.localhost') ? '127.0.0.1' : hostname
  return new Promise((resolve) => {
    const asking = request({ host: connectTo, port, path: pathname, headers: { host }, agent: false }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    asking.on('error', () => resolve(undefined))
    asking.end()
  })
}
