import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { InvalidInputError, TenderError } from '@tender/protocol'
import { expect, test } from 'vitest'
import {
  type Command,
  type Context,
  defineCommand,
  needed,
  optional,
  required,
  rest,
  setting,
  toggle,
  wholeNumber,
} from '../command.ts'
import type { CommandEntry } from '../commands.ts'
import { readIfThere } from '../home/home.ts'
import { cancelled } from './cancelled.ts'
import { runCli } from './runCli.ts'

async function run(argv: string[], entries: Record<string, Command>, signal = new AbortController().signal) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const commands = Object.entries(entries).map(
    ([name, command]): CommandEntry => ({ name, summary: `does ${name}`, load: async () => command }),
  )
  const terminal = { stdin: false, stdout: false, stderr: false, columns: 80 }
  const env = { TENDER_HOME: '/home/of/tests', TENDER_MARKET: 'main' }
  const code = await runCli(argv, commands, { stdin: new PassThrough(), stdout, stderr, env, signal, terminal })
  stdout.end()
  stderr.end()
  return { code, stdout: await text(stdout), stderr: await text(stderr) }
}

const taken: { context?: Context; input?: unknown } = {}
const thing = defineCommand({
  description: 'A thing.',
  examples: ['tender thing get it'],
  arguments: { what: required('what to take'), where: optional('where from') },
  options: {
    count: setting('count', 'how many', wholeNumber, { short: 'n' }),
    deepClean: toggle('thoroughly', { short: 'd' }),
    file: needed(setting('file', 'into which file', String)),
  },
  async run(context, input) {
    taken.context = context
    taken.input = input
    context.out.line('on the way')
    return { amount: 5n, input }
  },
  print: ({ amount }, out) => out.line(`${amount} things`),
})

const inside = defineCommand({
  description: 'Runs something.',
  examples: ['tender inside -it here -- ls -l'],
  arguments: { where: required('a place'), command: rest('the command') },
  options: {
    interactive: toggle('passes input on', { short: 'i' }),
    tty: toggle('with a terminal', { short: 't' }),
    service: setting('name', 'which', String, { short: 's' }),
  },
  run: async (_, input) => input,
  exitCode: ({ command }) => command.length,
})

test("switches of one letter may stand together, and what stands after -- is nobody else's", async () => {
  const parsed = async (...argv: string[]) => JSON.parse((await run([...argv], { inside })).stdout)
  const both = { where: 'here', interactive: true, tty: true }
  expect(await parsed('inside', '--json', '-it', 'here', '--', 'ls', '-l', '--json')).toEqual({
    ...both,
    command: ['ls', '-l', '--json'],
  })
  expect(await parsed('--json', 'inside', '-itsweb', 'here', '--', '--', '-it')).toEqual({
    ...both,
    service: 'web',
    command: ['--', '-it'],
  })
  expect(await parsed('inside', 'here', 'ls', '--json')).toEqual({
    where: 'here',
    interactive: false,
    tty: false,
    command: ['ls'],
  })
  expect((await run(['inside', 'here', '--'], { inside })).stderr).toContain('missing required argument')
  const refused = await run(['inside', '-ix', 'here', '--', 'ls', '--json'], { inside })
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('error: ') })
})

test('a command may end with a code of its own', async () => {
  expect(await run(['inside', 'here', '--', 'a', 'b', 'c'], { inside })).toMatchObject({ code: 3, stderr: '' })
})

test('what is typed becomes what a command takes, wherever the shared options stand', async () => {
  const typed = ['--home', 'x', 'thing', 'get', 'it', '-n', '3', '--deep-clean', '--file=f', '-y', '--account', 'mine']
  expect(await run(typed, { thing })).toEqual({ code: 0, stdout: 'on the way\n5 things\n', stderr: '' })
  expect(taken.input).toEqual({ what: 'get', where: 'it', count: 3, deepClean: true, file: 'f' })
  expect(taken.context).toMatchObject({ yes: true, account: 'mine', market: 'main', json: false, isTTY: false })
  expect(taken.context?.home).toBe(`${process.cwd()}/x`)

  await run(['thing', 'get', '--file', 'f', '--market', 'other'], { thing })
  expect(taken.input).toEqual({ what: 'get', where: undefined, count: undefined, deepClean: false, file: 'f' })
  expect(taken.context).toMatchObject({ home: '/home/of/tests', market: 'other', yes: false })
})

test('with --json the result is all that is printed', async () => {
  const { stdout } = await run(['thing', 'get', '--file', 'f', '--json'], { thing })
  expect(JSON.parse(stdout)).toMatchObject({ amount: '5', input: { what: 'get' } })
})

test.each([
  [['thing', '--file', 'f'], "missing required argument 'what'"],
  [['thing', 'get'], '<file> is missing: into which file'],
  [['thing', 'get', 'it', 'now', '--file', 'f'], 'too many arguments'],
  [['thing', 'get', '--file', 'f', '--bogus'], "unknown option '--bogus'"],
  [['thing', 'get', '--file', 'f', '--count'], "option '-n, --count <count>' argument missing"],
  [['thing', 'get', '--file', 'f', '-n', 'some'], '"some" is not a whole number'],
  [['thnig'], "unknown command 'thnig'"],
  [['group'], '`tender group` alone does nothing'],
  [['group', 'sing'], 'there is no `tender group sing`'],
])('%j is a wrong use', async (argv, message) => {
  const { code, stdout, stderr } = await run(argv, { thing, 'group talk': thing })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(`error: ${message}`)
})

test('help of all and of one, without running it', async () => {
  for (const argv of [[], ['--help'], ['help']]) {
    const { code, stdout } = await run(argv, { thing, 'group talk': thing })
    expect(code).toBe(0)
    expect(stdout).toMatch(/ {2}thing +does thing\n {2}group talk +does group talk\n/)
  }
  for (const argv of [
    ['thing', '--help'],
    ['help', 'thing'],
    ['thing', 'get', '-h'],
  ]) {
    const { code, stdout } = await run(argv, { thing })
    expect(code).toBe(0)
    expect(stdout).toContain('Usage: tender thing [options] <what> [where]')
    expect(stdout).toMatch(/-n, --count <count> +how many\n/)
    expect(stdout).toContain('Examples:\n  tender thing get it')
    expect(stdout).toContain('--password-file')
  }
})

function failing(error: unknown): Command {
  return defineCommand({ description: '', examples: [], run: () => Promise.reject(error) })
}

test("an error's class is the exit code, its hint is shown, and programs get all of it", async () => {
  const funds = new TenderError('too little', {
    code: 'few',
    class: 'funds',
    hint: 'Earn more.',
    data: { missing: 5n },
  })
  expect(await run(['fail'], { fail: failing(funds) })).toEqual({
    code: 3,
    stdout: '',
    stderr: 'error: too little\nhint: Earn more.\n',
  })
  const { stdout, stderr } = await run(['fail', '--json'], { fail: failing(funds) })
  expect(stdout).toBe('')
  expect(JSON.parse(stderr)).toEqual({
    error: { code: 'few', class: 'funds', message: 'too little', hint: 'Earn more.', data: { missing: '5' } },
  })
  const wrong = new InvalidInputError('the file is wrong', [{ message: 'no', file: 'a.yaml', line: 3 }])
  expect(await run(['fail'], { fail: failing(wrong) })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('a.yaml:3'),
  })
})

test('a bug is called one, and its causes are told when asked', async () => {
  const bug = new TypeError('x is not a function', { cause: new Error('deep down') })
  const short = await run(['fail'], { fail: failing(bug) })
  expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining('bug: x is not a function') })
  expect(short.stderr).not.toContain('deep down')
  expect((await run(['fail', '--verbose'], { fail: failing(bug) })).stderr).toContain('Error: deep down')
})

test('what the file system refuses is no bug, and the file is named', async () => {
  const place = await mkdtemp(join(tmpdir(), 'tender-cli-'))
  const refused = await readFile(join(place, 'file', 'below')).catch((error) => error)
  expect((await run(['fail'], { fail: failing(refused) })).code).toBe(1)
  await writeFile(join(place, 'file'), '')
  const told = await run(['fail'], { fail: failing(await readdir(join(place, 'file')).catch((error) => error)) })
  expect(told).toEqual({ code: 2, stdout: '', stderr: `error: ${place}/file: a part of its path is no directory\n` })
  const directory = await readIfThere(place).catch((error) => error)
  expect((await run(['fail'], { fail: failing(directory) })).stderr).toBe(`error: ${place}: it is a directory\n`)
  await rm(place, { recursive: true })
})

test("a peer's words and advice do not pass for ours", async () => {
  const refused = new TenderError('no', { code: 'no', class: 'denied', hint: 'Pay me.', data: { remote: true } })
  const { stderr } = await run(['fail'], { fail: failing(refused) })
  expect(stderr).toBe('error: the other side says: no\nand adds: Pay me.\n')
})

test('after Ctrl-C every failure is an interruption', async () => {
  const controller = new AbortController()
  const interrupted = defineCommand({
    description: '',
    examples: [],
    async run() {
      controller.abort(cancelled('interrupted'))
      throw new Error('the socket closed')
    },
  })
  const { code, stderr } = await run(['stop'], { stop: interrupted }, controller.signal)
  expect({ code, stderr }).toEqual({ code: 130, stderr: 'interrupted\n' })
})
