import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { noEngine, startTestEngine, type TestEngine } from '@tender/driver-docker/isolation/testEngine'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { removeContainers } from './embedded/findDocker.ts'
import { fetchWorkload } from './tenant/fetchWorkload.ts'
import { type RunOptions, run, startTestMarket, type TestMarket } from './testCli.ts'

// A tenant's whole way with real containers: three services, a volume, a secret.

const shop = fileURLToPath(new URL('../../../examples/shop', import.meta.url))
const DEADLINE_MS = 600_000
const command = promisify(execFile)
const soon = () => AbortSignal.timeout(DEADLINE_MS)

if (noEngine) console.warn(`skipped: ${noEngine}`)

describe.skipIf(noEngine !== undefined)('containers', { timeout: DEADLINE_MS }, () => {
  let engine: TestEngine
  let place: TestMarket
  let directory: string
  let leaseId: string
  let url: string

  beforeAll(async () => {
    engine = await startTestEngine()
    place = await startTestMarket({ dockerSocket: join(engine.folder, 'docker.sock') })
    directory = join(place.home, 'shop')
    await mkdir(directory)
    await command(process.execPath, [join(shop, 'build.ts'), directory])
    await cp(join(shop, 'compose.yaml'), join(directory, 'compose.yaml'))
  }, DEADLINE_MS)
  afterAll(async () => {
    await place?.market.stop()
    if (place) await removeContainers(join(place.home, 'dev'), join(engine.folder, 'docker.sock'))
    await engine?.close()
    await place?.stop()
  }, DEADLINE_MS)

  const tender = (...argv: string[]) => run(argv, { home: place.home })
  const tenderWith = (options: Partial<RunOptions>, ...argv: string[]) => run(argv, { home: place.home, ...options })

  /** Brings up the file as `change` makes it of the example's. */
  async function up(change: (compose: string) => string = (compose) => compose, ...more: string[]) {
    const file = join(directory, 'compose.yaml')
    await writeFile(file, change(await readFile(join(shop, 'compose.yaml'), 'utf8')))
    return tender('up', file, '--auction', '60s', '--json', ...more)
  }

  async function page(): Promise<string> {
    return (await fetchWorkload(url, soon())).body
  }

  async function visits(): Promise<number> {
    const counted = await tender('exec', leaseId, '-s', 'db', '--', 'sh', '-c', 'wc -l < /data/visits')
    expect(counted).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') })
    return Number(counted.stdout)
  }

  test('a file of three services is rented and answers', async () => {
    const done = await up()
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const [lease] = done.data().leases
    leaseId = lease?.leaseId ?? ''
    url = lease?.url ?? ''
    expect(await page()).toContain('Welcome to the shop.')
    expect(await visits()).toBeGreaterThan(0)
  })

  test('commands run within, with input, output and their own exit code', async () => {
    expect(await tender('exec', leaseId, '--service', 'web', '--', 'sh', '-c', 'exit 3')).toMatchObject({ code: 3 })
    const echoed = await tenderWith(
      { stdin: Readable.from(['one\n', 'two\n']) },
      ...['exec', '-i', leaseId, '-s', 'web', '--', 'cat'],
    )
    expect(echoed).toMatchObject({ code: 0, stdout: 'one\ntwo\n' })
    expect((await tender('exec', leaseId, '--', 'true')).stderr).toContain('It has api, db, web.')
  })

  test('a terminal is one, and its exit code is passed on', async () => {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url))
    const words = [process.execPath, main, '--home', place.home, 'exec', '-it', leaseId, '-s', 'web', '--', 'sh']
    const typed = spawn('script', ['-qec', words.map((word) => `'${word}'`).join(' '), '/dev/null'])
    onTestFinished(() => void typed.kill())
    let shown = ''
    // What is shown, and what is typed then. Ctrl-C ends the command within, not this one.
    const steps: [string, string][] = [
      ['$ ', 'test -t 0 && echo terminal-$(echo yes)\r'],
      ['terminal-yes', 'echo slee$(echo ping); sleep 600\r'],
      ['sleeping', '\x03'],
      ['^C', 'echo t$(echo wo); exit 5\r'],
    ]
    typed.stdout.on('data', (data: Buffer) => {
      shown += String(data)
      const [next] = steps
      if (next === undefined || !shown.includes(next[0])) return
      steps.shift()
      shown = ''
      typed.stdin.write(next[1])
    })
    const [code] = await once(typed, 'exit')
    expect({ code, left: steps }, shown).toEqual({ code: 5, left: [] })
  })

  test('a port that no ingress leads to is reached from here', async () => {
    const controller = new AbortController()
    const listening = Promise.withResolvers<number>()
    const onStdout = (line: string) => listening.resolve(JSON.parse(line.split('\n')[0] ?? '').local)
    const options = { signal: controller.signal, onStdout }
    const forwarding = tenderWith(options, 'port-forward', leaseId, 'db:0:5432', '--json')
    const socket = connect(
      await Promise.race([listening.promise, forwarding.then((done) => Promise.reject(done))]),
      '127.0.0.1',
    )
    const password = (await readFile(join(directory, 'db-password.txt'), 'utf8')).trim()
    socket.write(`${password}\ncount\n`)
    expect(Number(await text(socket))).toBe(await visits())
    controller.abort()
    expect((await forwarding).code).toBe(130)
  })

  test('files come out and go in', async () => {
    const out = await tender('cp', `${leaseId}:db:/data/visits`, join(directory, 'visits'))
    expect(out).toMatchObject({ code: 0 })
    expect((await readFile(join(directory, 'visits'), 'utf8')).trim().split('\n')).toHaveLength(await visits())
    await writeFile(join(directory, 'note.txt'), 'from outside')
    expect(await tender('cp', join(directory, 'note.txt'), `${leaseId}:db:/data/`)).toMatchObject({ code: 0 })
    expect((await tender('exec', leaseId, '-s', 'db', '--', 'cat', '/data/note.txt')).stdout).toBe('from outside')
    expect((await tender('cp', `${leaseId}:db:/none`, directory)).code).not.toBe(0)
  })

  test('what each service uses is told', async () => {
    const { code, stdout } = await tender('lease', 'stats', leaseId, '--json')
    expect(code).toBe(0)
    const { services, ...all } = JSON.parse(stdout)
    const used = { cpuMs: expect.any(Number), memoryBytes: expect.any(Number), memoryPeakBytes: expect.any(Number) }
    expect(services.map(({ service }: { service: string }) => service).toSorted()).toEqual(['api', 'db', 'web'])
    for (const service of services) expect(service).toMatchObject(used)
    const sum = (of: 'cpuMs' | 'memoryBytes') =>
      services.reduce((total: number, service: Record<typeof of, number>) => total + service[of], 0)
    expect([all.cpuMs, all.memoryBytes]).toEqual([sum('cpuMs'), sum('memoryBytes')])
    expect(all.memoryBytes).toBeGreaterThan(0)
    expect(all.memoryBytes).toBeLessThanOrEqual(all.memoryPeakBytes)
  })

  test('an update replaces the page, keeps the data, and is told step by step', async () => {
    const before = await visits()
    const done = await up((compose) => compose.replace('Welcome to the shop.', 'Welcome back.'))
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.data()).toMatchObject({ action: 'updated', leases: [{ leaseId, revision: 1 }] })
    expect(await page()).toContain('Welcome back.')
    expect(await visits()).toBeGreaterThanOrEqual(before)
  })

  test('a version that never becomes healthy is told why, and what ran runs on', async () => {
    const sick = await up((compose) =>
      compose.replace('Welcome to the shop.', 'Broken.').replace('http://127.0.0.1:8080/health', 'http://127.0.0.1:1/'),
    )
    expect(sick.code).toBe(12)
    expect(sick.error()).toMatchObject({ code: 'updateFailed', message: expect.stringContaining('web') })
    expect(await page()).toContain('Welcome back.')
  })

  test('a secret gets a new value with the next version', async () => {
    await writeFile(join(directory, 'db-password.txt'), 'another password\n')
    const back = (compose: string) => compose.replace('Welcome to the shop.', 'Welcome back.')
    expect((await up(back)).data()).toMatchObject({ action: 'resumed' })
    const done = await up(back, '--update')
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const within = await tender('exec', leaseId, '-s', 'db', '--', 'cat', '/run/secrets/db-password')
    expect(within.stdout).toBe('another password\n')
  })

  test('more units are a new lease of the same provider, with the volume', async () => {
    const before = await visits()
    const done = await up((compose) => compose.replaceAll('cpus: "0.25"', 'cpus: "0.5"'), '--handover', '5s')
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const [lease] = done.data().leases
    expect(done.data().action).toBe('replaced')
    expect(lease?.leaseId).not.toBe(leaseId)
    leaseId = lease?.leaseId ?? ''
    url = lease?.url ?? ''
    expect(await page()).toContain('Welcome to the shop.')
    expect(await visits()).toBeGreaterThanOrEqual(before)
  })

  test('after its end it says why, and its log can still be read', async () => {
    expect((await tender('close', leaseId)).code).toBe(0)
    const shown = await tender('lease', 'show', leaseId)
    expect(shown.stdout).toContain('closed by the tenant')
    await expect.poll(async () => (await tender('logs', leaseId)).code, { timeout: 60_000 }).toBe(0)
  })
})
