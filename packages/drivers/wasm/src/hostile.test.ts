import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ExitReason, type Limits, type ServiceShape, StartFailedError } from '@tender/driver'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { capMemory } from './child/capMemory.ts'
import { childPrograms } from './childPrograms.ts'
import { childFlags } from './processes.ts'
import { createTestKit, DEADLINE_MS, soon } from './testKit.ts'
import { assemble, type TestModule } from './testModules.ts'

const kit = createTestKit()
afterAll(() => kit.close())

/** Five seconds of the processor, on a machine that is busy with other tests. */
const MOST_START_MS = 90_000

async function reasonOf(module: TestModule, limits?: Partial<Limits>, shape?: ServiceShape): Promise<ExitReason> {
  const handle = await kit.start(kit.spec(module, shape, limits))
  return (await kit.driver.wait(handle, soon())).reason
}

describe('a hostile module', { timeout: DEADLINE_MS }, () => {
  test('that loops or sleeps for ever ends by its time limit', async () => {
    const late = { kind: 'killed', by: 'time', detail: 'ran longer than 300 ms' }
    expect(await reasonOf('runsForever', { runMs: 300 })).toEqual(late)
    expect(await reasonOf('sleeps', { runMs: 300 })).toEqual(late)
  })

  test('that writes a million empty lines is ended, and its log stays small', async () => {
    const handle = await kit.start(kit.spec('dribbles'))
    expect((await kit.driver.wait(handle, soon())).reason).toMatchObject({ kind: 'killed', by: 'output' })
    const directory = join(kit.stateDir, 'leases', handle.leaseId)
    const bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
    expect(bytes).toBeLessThan(8 * 2 ** 20)
  })

  test('that recurses for ever crashes alone', async () => {
    expect(await reasonOf('recurses')).toMatchObject({ kind: 'crashed', detail: expect.stringMatching(/call stack/) })
  })

  test('finds no file and no socket', async () => {
    // WASI's numbers for "bad descriptor" and "not supported".
    expect(await reasonOf('opensFile')).toEqual({ kind: 'exited', code: 8 })
    expect(await reasonOf('opensSocket')).toEqual({ kind: 'exited', code: 58 })
  })

  test.each<[TestModule, RegExp]>([
    ['needsMuch', /starts with 60000 pages of memory, the limit is 1024/],
    ['noStart', /exports no function _start/],
    ['foreignImport', /imports env\.abort/],
    ['trapsAtStart', /cannot be instantiated: unreachable/],
  ])('%s is refused with the reason', async (module, detail) => {
    for (const shape of ['command', 'http'] as const) {
      expect(await reasonOf(module, {}, shape)).toMatchObject({
        kind: 'invalid',
        detail: expect.stringMatching(detail),
      })
    }
  })

  test.each<ServiceShape>(['command', 'http'])(
    'that never comes to an end of its start is refused once it has worked for five seconds (%s)',
    { timeout: 2 * MOST_START_MS },
    async (shape) => {
      const signal = AbortSignal.timeout(MOST_START_MS)
      const handle = await kit.start(kit.spec('hangsAtStart', shape), signal)
      const { reason } = await kit.driver.wait(handle, signal)
      expect(reason).toMatchObject({
        kind: 'invalid',
        detail: expect.stringMatching(/longer than 5000 ms to instantiate/),
      })
    },
  )

  test('that sleeps uses no CPU', async () => {
    const handle = await kit.start(kit.spec('naps'))
    expect((await kit.driver.wait(handle, soon())).reason).toEqual({ kind: 'exited', code: 0 })
    // Two seconds if it waited in a loop; starting takes some, more on a busy machine.
    expect((await kit.driver.usage(handle)).cpuMs).toBeLessThan(1_000)
  })
})

test('an image that is missing is a failed start, of which nothing is left', async () => {
  const spec = kit.spec('succeeds')
  const [service] = spec.services
  if (!service) throw new Error('unreachable')
  const missing = {
    ...spec,
    services: [{ ...service, image: { kind: 'file', path: join(kit.folder, 'nothing.wasm') } as const }],
  }
  await expect(kit.driver.start(missing, soon())).rejects.toBeInstanceOf(StartFailedError)
  const handle = await kit.start(spec)
  expect((await kit.driver.wait(handle, soon())).reason).toEqual({ kind: 'exited', code: 0 })
})

test('an image that is too large is refused with the reason', async () => {
  const spec = kit.spec('succeeds')
  const [service] = spec.services
  if (!service) throw new Error('unreachable')
  const path = join(kit.folder, 'large.wasm')
  writeFileSync(path, '')
  truncateSync(path, 65 * 2 ** 20)
  const handle = await kit.start({ ...spec, services: [{ ...service, image: { kind: 'file', path } }] })
  expect((await kit.driver.wait(handle, soon())).reason).toMatchObject({
    kind: 'invalid',
    detail: expect.stringMatching(/the limit is/),
  })
})

test('the process of a lease may touch its own folder and nothing else', { timeout: DEADLINE_MS }, async () => {
  const programs = await childPrograms(kit.stateDir)
  const own = join(kit.folder, 'own')
  const other = join(kit.folder, 'other')
  for (const folder of [own, other]) mkdirSync(folder)
  writeFileSync(join(own, 'file'), 'x')
  writeFileSync(join(other, 'file'), 'x')
  const attempts = {
    readOwn: `fs.readFileSync(${JSON.stringify(join(own, 'file'))})`,
    writeOwn: `fs.writeFileSync(${JSON.stringify(join(own, 'new'))}, '')`,
    readOther: `fs.readFileSync(${JSON.stringify(join(other, 'file'))})`,
    writePrograms: `fs.writeFileSync(${JSON.stringify(join(programs, 'main.mjs'))}, '')`,
    writeOther: `fs.writeFileSync(${JSON.stringify(join(other, 'file'))}, '')`,
    readSystem: `fs.readFileSync('/etc/passwd')`,
    readProcess: `fs.readFileSync('/proc/self/environ')`,
    linkOut: `fs.symlinkSync('/etc/passwd', ${JSON.stringify(join(own, 'link'))})`,
    spawn: `require('node:child_process').execFileSync('/bin/true')`,
    addon: `process.dlopen({ exports: {} }, '/lib/x.node')`,
    wasi: `new (require('node:wasi').WASI)({ version: 'preview1' })`,
  }
  const script = `const fs = require('node:fs')
    const tried = {}
    const attempts = ${JSON.stringify(attempts)}
    for (const name in attempts) try { eval(attempts[name]); tried[name] = 'ok' } catch (error) { tried[name] = error.code }`
  const worker = `new (require('node:worker_threads').Worker)(${JSON.stringify(
    `${script}; require('node:worker_threads').parentPort.postMessage(tried)`,
  )}, { eval: true }).on('message', (tried) => console.log(JSON.stringify(tried)))`
  for (const code of [`${script}; console.log(JSON.stringify(tried))`, worker]) {
    const { stdout, stderr } = spawnSync(process.execPath, [...childFlags(programs, own), '-e', code], {
      encoding: 'utf8',
      env: {},
    })
    expect(stderr).toBe('')
    const { readOwn, writeOwn, ...rest } = JSON.parse(stdout)
    expect([readOwn, writeOwn]).toEqual(['ok', 'ok'])
    for (const [name, result] of Object.entries(rest)) {
      expect([name, result]).toEqual([name, expect.stringMatching(/^ERR_(ACCESS_DENIED|DLOPEN_DISABLED)$/)])
    }
  }
  expect(readFileSync(join(other, 'file'), 'utf8')).toBe('x')
})

describe('capMemory', () => {
  test('leaves every other section as it is, and the engine holds the cap', async () => {
    const capped = capMemory(assemble('exhaustsMemory'), 3 * 65_536)
    if ('invalid' in capped) throw new Error(capped.invalid)
    const module = await WebAssembly.compile(capped.bytes)
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(['memory', '_start'])
  })

  test('keeps a smaller maximum of the module itself', () => {
    // One memory of 1 to 2 pages.
    const own = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 4, 1, 1, 1, 2])
    expect(capMemory(own, 100 * 65_536)).toEqual({ bytes: own })
    expect(capMemory(own, 65_536)).toEqual({ bytes: Uint8Array.from([...own.subarray(0, 13), 1]) })
  })

  test.each<[string, number[], RegExp]>([
    ['64-bit', [5, 3, 1, 4, 1], /64-bit/],
    ['shared', [5, 4, 1, 3, 1, 2], /shared/],
    ['two memories', [5, 5, 2, 0, 1, 0, 1], /2 memories/],
    ['a section past the end', [5, 99, 1], /cut off/],
    ['an endless number', [5, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], /too long/],
  ])('refuses %s', (_, section, why) => {
    const wasm = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section])
    expect(capMemory(wasm, 2 ** 20)).toEqual({ invalid: expect.stringMatching(why) })
  })

  test('never throws, whatever the bytes', () => {
    const valid = assemble('handler')
    fc.assert(
      fc.property(
        fc.nat(valid.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(valid.length),
        (at, value, length) => {
          const damaged = Uint8Array.from(valid.subarray(0, length))
          if (at < length) damaged[at] = value
          expect(Object.keys(capMemory(damaged, 2 ** 20))).toHaveLength(1)
        },
      ),
    )
  })
})
