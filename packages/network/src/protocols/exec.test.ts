import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { bookOf, soon, startNode } from '../testNetwork.ts'
import { openExec, type RemoteExec, serveExec } from './exec.ts'
import { openExecChannel, type RemoteCommand } from './execKind.ts'

const lease: Hex = `0x${'55'.repeat(32)}`

/** Runs commands on this host, as a driver would in a container. */
function run({ command: [program = '', ...args] }: RemoteCommand): RemoteExec {
  const child = spawn(program, args)
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    resize: async () => {},
    exit: once(child, 'exit').then(([code]) => code ?? 137),
    kill: () => child.kill('SIGKILL'),
  }
}

async function setUp(exec: (command: RemoteCommand) => RemoteExec = run) {
  const [agent, provider] = [await startNode(), await startNode()]
  await serveExec(provider, { ...bookOf(agent, lease), exec: async (_lease, command) => exec(command) })
  const open = (command: string[], signal = soon(), from = agent) =>
    openExec(from, provider.contact(), { lease, service: 'web', replica: 0, command }, signal)
  return { agent, provider, open }
}

test('output, errors and the exit code arrive apart, after what was typed', async () => {
  const { open } = await setUp()
  const session = await open(['sh', '-c', 'cat; echo wrong >&2; exit 7'])
  session.stdin.end('typed')
  expect(await Promise.all([text(session.stdout), text(session.stderr)])).toEqual(['typed', 'wrong\n'])
  expect(await session.exit).toBe(7)
})

test('much goes in and out at once, whole', async () => {
  const { open } = await setUp()
  const session = await open(['cat'])
  const bytes = 'x'.repeat(5_000_000)
  session.stdin.end(bytes)
  expect(await text(session.stdout)).toBe(bytes)
  expect(await session.exit).toBe(0)
})

test('without streams of Node, as in a page, it is the same', async () => {
  const { agent, provider } = await setUp()
  const seen = { stdout: '', stderr: '' }
  const take = (kind: keyof typeof seen) => (bytes: Uint8Array) => {
    seen[kind] += Buffer.from(bytes).toString()
  }
  const command = { lease, service: 'web', replica: 0, command: ['sh', '-c', 'cat; echo wrong >&2; exit 7'] }
  const output = { stdout: take('stdout'), stderr: take('stderr') }
  const channel = await openExecChannel(agent, provider.contact(), command, output, soon())
  await channel.write(Buffer.from('typed'.repeat(100_000)))
  await channel.end()
  expect(await channel.exit).toBe(7)
  expect(seen).toEqual({ stdout: 'typed'.repeat(100_000), stderr: 'wrong\n' })
})

test('a command that does not read is killed nevertheless, however much was typed', async () => {
  const { open } = await setUp()
  const session = await open(['sleep', '1000'])
  session.stdin.on('error', () => {})
  session.stdin.write(Buffer.alloc(4_000_000))
  session.kill()
  expect(await session.exit).toBe(137)
})

test('a command that ends without reading what was typed ends', async () => {
  const { open } = await setUp()
  const session = await open(['sh', '-c', 'exec 0<&-; echo ready; exit 3'])
  session.stdin.on('error', () => {})
  session.stdin.write(Buffer.alloc(4_000_000))
  expect(await text(session.stdout)).toBe('ready\n')
  expect(await session.exit).toBe(3)
})

/** A session whose every call is seen. */
function scripted() {
  const killed = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<number>()
  const sizes: unknown[] = []
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const session: RemoteExec = {
    stdin: new Writable({ write: (_chunk, _encoding, done) => done() }),
    stdout,
    stderr,
    resize: async (size) => void sizes.push(size),
    exit: ended.promise,
    kill: () => {
      killed.resolve()
      stdout.end()
      stderr.end()
      ended.resolve(137)
    },
  }
  return { session, killed: killed.promise, sizes, stdout }
}

test('a terminal is resized', async () => {
  const { session, sizes } = scripted()
  const { open } = await setUp(() => session)
  const remote = await open(['top'])
  await remote.resize({ columns: 100, rows: 40 })
  remote.kill()
  expect(await remote.exit).toBe(137)
  expect(sizes).toEqual([{ columns: 100, rows: 40 }])
})

test('who goes, or aborts, leaves nothing running', async () => {
  const left = scripted()
  const first = await setUp(() => left.session)
  await first.open(['sleep', '1'])
  await first.agent.stop()
  await left.killed

  const given = scripted()
  const second = await setUp(() => given.session)
  const abort = new AbortController()
  const remote = await second.open(['sleep', '1'], abort.signal)
  const failed = expect(remote.exit).rejects.toThrow('enough')
  abort.abort(new Error('enough'))
  await failed
  await given.killed
})

test('output that nobody takes holds the command back', async () => {
  const { session, stdout } = scripted()
  const { open } = await setUp(() => session)
  const remote = await open(['yes'])
  let offered = 0
  const source = new Readable({
    read() {
      offered += 65_536
      this.push(Buffer.alloc(65_536))
    },
  })
  source.pipe(stdout)
  let before = -1
  const still = () => {
    const same = before === offered
    before = offered
    return same
  }
  await expect.poll(still, { interval: 500 }).toBe(true)
  expect(offered).toBeLessThan(8 * 1024 * 1024)
  source.destroy()
  remote.kill()
  remote.stdout.resume()
  expect(await remote.exit).toBe(137)
})

test('a provider that stops breaks it off; only the agent, and at most 32 at once', async () => {
  const { provider, open } = await setUp(() => scripted().session)
  const others = await Promise.all(Array.from({ length: 20 }, () => open(['x'])))
  const stranger = await startNode()
  await expect(open(['x'], soon(), stranger)).rejects.toMatchObject({ code: 'notAgent' })
  const failed = expect(others[0]?.exit).rejects.toMatchObject({ class: 'network' })
  await provider.stop()
  await failed
})
