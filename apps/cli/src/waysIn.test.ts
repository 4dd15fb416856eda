import { once } from 'node:events'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import {
  packLogLines,
  type RemoteCommand,
  type RemoteExec,
  serveCopies,
  serveExec,
  serveLogs,
  serveTunnels,
} from '@tender/network'
import { seal } from '@tender/protocol'
import { createMarketClient } from '@tender/sdk'
import { pack } from 'tar-stream'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { readAgentKey } from './home/agentKey.ts'
import { marketDirectory } from './home/home.ts'
import { openTenantRecords } from './tenant/fileRecords.ts'
import { type RunOptions, run, startTestMarket, type TestMarket } from './testCli.ts'
import { takeProvidersPlace } from './testProvider.ts'

const examples = fileURLToPath(new URL('../../../examples/hello', import.meta.url))

let place: TestMarket
let leaseId: string

beforeAll(async () => {
  place = await startTestMarket()
  const directory = join(place.home, 'hello')
  await mkdir(directory)
  for (const file of ['hello.wasm', 'compose.yaml']) await cp(join(examples, file), join(directory, file))
  const up = await tender('up', join(directory, 'compose.yaml'), '--auction', '60s', '--json')
  const [lease] = up.data().leases
  if (!lease) throw new Error(up.stderr)
  leaseId = lease.leaseId
})
afterAll(() => place?.stop())

const tender = (...argv: string[]) => run(argv, { home: place.home })
const tenderWith = (options: Partial<RunOptions>, ...argv: string[]) => run(argv, { home: place.home, ...options })

async function provider(options?: Parameters<typeof takeProvidersPlace>[1]) {
  const { rpcUrl, book } = place.market
  const taken = await takeProvidersPlace(
    { home: place.home, market: await createMarketClient({ rpcUrl, book }), leaseId },
    options,
  )
  onTestFinished(() => taken.node.stop())
  return taken
}

/** A command that writes back what it reads in capitals, complains once, and ends with a code. */
function shout(request: RemoteCommand, code: number, sizes: unknown[] = []): RemoteExec {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const exit = Promise.withResolvers<number>()
  stdout.write(`${JSON.stringify(request.command)}\n`)
  stderr.end('oh\n')
  const end = (with_: number) => {
    stdout.end()
    exit.resolve(with_)
  }
  stdin.on('data', (data: Buffer) => (data.includes(3) ? end(130) : stdout.write(String(data).toUpperCase())))
  stdin.on('end', () => end(code))
  return {
    stdin,
    stdout,
    stderr,
    resize: async (size) => void sizes.push(size),
    exit: exit.promise,
    kill: () => end(137),
  }
}

test('exec: input goes in, output comes out, the exit code is passed on', async () => {
  const { node, book } = await provider()
  const asked: RemoteCommand[] = []
  await serveExec(node, {
    ...book,
    async exec(_, request) {
      asked.push(request)
      return shout(request, 7)
    },
  })
  const stdin = Readable.from(['hello ', 'world'])
  const piped = await tenderWith({ stdin }, 'exec', '-i', leaseId.slice(0, 10), '--', 'cat', '-n', '--json')
  expect(piped).toMatchObject({ code: 7, stdout: '["cat","-n","--json"]\nHELLO WORLD' })
  expect(piped.stderr).toContain('oh\n')
  expect(asked).toEqual([{ service: 'hello', replica: 0, command: ['cat', '-n', '--json'] }])

  const closed = await tender('exec', leaseId, '--json', '--', 'true')
  expect(closed.code).toBe(7)
  const emitted = closed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(emitted).toContainEqual({ stream: 'stdout', text: '["true"]\n' })
  expect(emitted.at(-1)).toEqual({ exitCode: 7 })
})

test('exec -it: keys go as they are, Ctrl-C too, and the size follows the terminal', async () => {
  const { node, book } = await provider()
  const sizes: unknown[] = []
  const asked: RemoteCommand[] = []
  await serveExec(node, {
    ...book,
    async exec(_, request) {
      asked.push(request)
      return shout(request, 0, sizes)
    },
  })
  const raw: boolean[] = []
  let size = { columns: 80, rows: 24 }
  let resized = () => {}
  const stdin = new PassThrough()
  const terminal = {
    size: () => size,
    setRaw: (on: boolean) => void raw.push(on),
    onResize(listener: () => void) {
      resized = listener
      return () => {}
    },
  }
  const onStdout = (shown: string) => {
    if (shown.includes('["sh"]')) {
      size = { columns: 100, rows: 30 }
      resized()
      stdin.write('ls\r')
    } else if (shown.includes('LS')) stdin.write('\x03')
  }
  const { code, stdout } = await tenderWith({ stdin, console: terminal, onStdout }, 'exec', '-it', leaseId, '--', 'sh')
  expect({ code, stdout, raw }).toEqual({ code: 130, stdout: '["sh"]\nLS\r', raw: [true, false] })
  expect(asked).toMatchObject([{ terminal: { columns: 80, rows: 24 } }])
  expect(sizes).toEqual([{ columns: 100, rows: 30 }])

  expect((await tender('exec', '-t', leaseId, '--', 'sh')).stderr).toContain('Leave -t out')
  expect(await tender('exec', leaseId, '--service', 'db', '--', 'sh')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('It has hello.'),
  })
})

test('Ctrl-C without a terminal ends the command', async () => {
  const { node, book } = await provider()
  const killed = Promise.withResolvers<void>()
  await serveExec(node, {
    ...book,
    exec: async (_, request) => ({ ...shout(request, 0), kill: () => killed.resolve() }),
  })
  const controller = new AbortController()
  const onStdout = () => controller.abort()
  const result = await tenderWith(
    { stdin: new PassThrough(), signal: controller.signal, onStdout },
    'exec',
    '-i',
    leaseId,
    '--',
    'sleep',
  )
  expect(result.code).toBe(130)
  await killed.promise
})

test('port-forward: connections reach the workload, also after its provider was away', async () => {
  const privateKey = generatePrivateKey()
  const workload = createServer((socket) => socket.on('data', (data) => socket.end(`got ${data}`))).listen(
    0,
    '127.0.0.1',
  )
  onTestFinished(() => void workload.close())
  await once(workload, 'listening')
  const address = workload.address()
  const serve = async (listen?: string) => {
    const taken = await provider({ privateKey, ...(listen && { listen }) })
    await serveTunnels(taken.node, {
      ...taken.book,
      async connect(_, { service, port }) {
        if (port !== 80 || typeof address !== 'object' || !address) throw new Error(`nothing at ${service}:${port}`)
        return connect(address.port, '127.0.0.1')
      },
    })
    return taken
  }
  const first = await serve()
  const controller = new AbortController()
  const events = new PassThrough({ objectMode: true })
  const listening = Promise.withResolvers<number>()
  const running = tenderWith(
    {
      signal: controller.signal,
      onStdout: (line) => {
        for (const event of line
          .trim()
          .split('\n')
          .map((one) => JSON.parse(one))) {
          if (event.event === 'listening') listening.resolve(event.local)
          else events.write(event)
        }
      },
    },
    'port-forward',
    leaseId,
    '0:80',
    '--json',
  )
  const port = await listening.promise
  const ask = async (what: string) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.write(what)
    return text(socket)
  }
  expect(await Promise.all(['a', 'b', 'c'].map(ask))).toEqual(['got a', 'got b', 'got c'])

  const where = first.contact().addresses[0]?.replace(/\/p2p\/.*/, '')
  await first.node.stop()
  const waiting = ask('later')
  const opened = events.filter(
    ({ event, total }: { event: string; total: number }) => event === 'opened' && total === 4,
  )
  await once(opened, 'data')
  await serve(where)
  expect(await waiting).toBe('got later')
  controller.abort()
  expect((await running).code).toBe(130)
  await expect(ask('over')).rejects.toThrow()
})

test('port-forward says what it does not understand', async () => {
  for (const wrong of ['x', '0', '80:x', '1:2:3:4', '70000:80', '80:70000']) {
    expect((await tender('port-forward', leaseId, wrong)).code, wrong).toBe(2)
  }
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address ? address.port : 0
  expect(await tender('port-forward', leaseId, `${port}:80`)).toMatchObject({ code: 7 })
})

test('cp: out of a container and into it', async () => {
  const { node, book } = await provider()
  const taken: { path: string; names: string[]; content: string }[] = []
  let sent = 'log'
  await serveCopies(node, {
    ...book,
    async copyOut(_, { path }) {
      const tar = pack()
      tar.entry({ name: sent, type: 'directory' })
      tar.entry({ name: `${sent}/a.txt` }, `from ${path}`)
      tar.finalize()
      return Readable.from(tar, { objectMode: false })
    },
    async copyIn(_, { path }, tar) {
      const content = await text(tar)
      taken.push({ path, names: content.match(/[a-z./]+(?=\0{20})/g) ?? [], content })
    },
  })
  const into = join(place.home, 'copied')
  await mkdir(into)
  const out = await tender('cp', `${leaseId.slice(0, 10)}:hello:/var/log`, into)
  expect(out).toMatchObject({ code: 0, stdout: expect.stringContaining('1 file copied') })
  expect(await readFile(join(into, 'log', 'a.txt'), 'utf8')).toBe('from /var/log')
  expect((await tender('cp', `${leaseId.slice(0, 10)}:/var/log`, join(into, 'renamed'))).code).toBe(0)
  expect(await readFile(join(into, 'renamed', 'a.txt'), 'utf8')).toBe('from /var/log')

  // A provider that sends something else than was asked for writes over nothing.
  await writeFile(join(into, 'own.sql'), 'select 1')
  sent = 'own.sql'
  expect((await tender('cp', `${leaseId}:/var/report`, into)).code).toBe(0)
  expect(await readFile(join(into, 'report', 'a.txt'), 'utf8')).toBe('from /var/report')
  expect(await readFile(join(into, 'own.sql'), 'utf8')).toBe('select 1')

  expect((await tender('cp', join(into, 'own.sql'), `${leaseId}:hello:/data/shop.sql`)).code).toBe(0)
  expect((await tender('cp', join(into, 'own.sql'), `${leaseId}:/data/`)).code).toBe(0)
  expect((await tender('cp', join(into, 'log'), `${leaseId}:/data`, '--json')).data()).toMatchObject({ files: 1 })
  expect(taken.map(({ path }) => path)).toEqual(['/data', '/data', '/data'])
  expect(taken.map(({ content }) => content.slice(0, 8).replaceAll('\0', ''))).toEqual(['shop.sql', 'own.sql', 'a.txt'])

  expect((await tender('cp', 'a', 'b')).code).toBe(2)
  expect((await tender('cp', `${leaseId}:/x`, join(into, 'no', 'where'))).code).toBe(5)
})

test('logs: of one service, since a time, and of an archive that only the agent can read', async () => {
  const { node, book, lease } = await provider()
  const line = (atMs: number, service: string, text: string) => ({ atMs, service, stream: 'stdout' as const, text })
  const lines = [line(1, 'hello', 'old'), line(Date.now(), 'db', 'other'), line(Date.now(), 'hello', 'new')]
  await serveLogs(node, {
    ...book,
    async *logs() {
      const context = `logs:${lease.leaseId}`
      const records = await openTenantRecords(marketDirectory(place.home, 'dev'))
      const order = await records.orders.get(lease.terms.order)
      if (!order) throw new Error('no order')
      const key = privateKeyToAccount(await readAgentKey(place.home, order.order.agent)).publicKey
      const compressed = `0x${Number.parseInt(key.slice(-1), 16) % 2 === 0 ? '02' : '03'}${key.slice(4, 68)}` as const
      yield { sealed: await seal({ to: compressed, context, bytes: packLogLines(lines.slice(0, 2)) }) }
      const last = lines[2]
      if (last) yield last
    },
  })
  expect((await tender('logs', leaseId)).stdout).toBe('hello | old\ndb | other\nhello | new\n')
  expect((await tender('logs', leaseId, '--service', 'hello')).stdout).toBe('hello | old\nhello | new\n')
  expect((await tender('logs', leaseId, '--since', '10m')).stdout).toBe('db | other\nhello | new\n')
  expect((await tender('logs', leaseId, '--since', '2001-01-01', '-n', '5')).stdout).toContain('db | other')
  expect((await tender('logs', leaseId, '--since', '2001-99-01')).code).toBe(2)
})

test('logs -f goes on where it was cut off, and shows nothing twice', async () => {
  const { node, book } = await provider()
  let calls = 0
  await serveLogs(node, {
    ...book,
    async *logs() {
      const line = (text: string) => ({ atMs: 5, service: 'hello', stream: 'stdout' as const, text })
      yield line('same')
      yield line('same')
      if (calls++ === 0) throw new Error('the provider restarts')
      yield line('same')
      yield line('after')
    },
  })
  const followed = await tender('logs', leaseId, '--follow')
  expect(followed.stdout).toBe('hello | same\nhello | same\nhello | same\nhello | after\n')
  expect(followed.stderr).toContain('going on when its provider is back')
})

test("a provider that answers elsewhere now is found among the market's first peers", async () => {
  const { node, book } = await provider()
  await serveLogs(node, {
    ...book,
    async *logs() {
      yield { atMs: 1, service: 'hello', stream: 'stdout' as const, text: 'found' }
    },
  })
  // Its recorded address leads nowhere; the profile's first peers have the one that it moved to.
  const records = await openTenantRecords(marketDirectory(place.home, 'dev'))
  const lease = await records.leases.find(leaseId)
  const nowhere = { ...lease.provider, addresses: ['/ip4/127.0.0.1/tcp/1'] }
  await records.leases.put(leaseId, { ...lease, provider: nowhere })
  const profileFile = join(marketDirectory(place.home, 'dev'), 'profile.json')
  const profile = JSON.parse(await readFile(profileFile, 'utf8'))
  onTestFinished(() => writeFile(profileFile, JSON.stringify(profile)))
  await writeFile(profileFile, JSON.stringify({ ...profile, bootstrap: [...profile.bootstrap, ...node.addresses()] }))
  expect((await tender('logs', leaseId)).stdout).toBe('hello | found\n')
})
