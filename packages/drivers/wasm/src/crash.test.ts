import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Handle, WorkloadSpec } from '@tender/driver'
import { afterAll, expect, test } from 'vitest'
import { createWasmDriver } from './createWasmDriver.ts'
import { claimOf, isAlive } from './processes.ts'
import { createTestKit, DEADLINE_MS, soon } from './testKit.ts'

const kit = createTestKit()
afterAll(() => kit.close())

const isLinux = process.platform === 'linux'

/** Starts a workload from another process, as a provider would; that process prints the handle and stays. */
function startElsewhere(spec: WorkloadSpec): ChildProcess {
  const code = `const { createWasmDriver } = await import(${JSON.stringify(new URL('./createWasmDriver.ts', import.meta.url).href)})
    const driver = createWasmDriver({ stateDir: ${JSON.stringify(kit.stateDir)} })
    const handle = await driver.start(${JSON.stringify(spec)}, new AbortController().signal)
    process.send(handle)
    setInterval(() => {}, 1_000)`
  return spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

async function kill9(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Processes that run this lease. */
function processesOf({ leaseId }: { leaseId: string }): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const isOurs = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(join(kit.stateDir, 'leases', leaseId))
      return isOurs ? [Number(name)] : []
    } catch {
      // Gone since the folder was read.
      return []
    }
  })
}

test('a workload outlives a provider that was killed, and is adopted', { timeout: DEADLINE_MS }, async () => {
  const provider = startElsewhere(kit.spec('handler', 'http'))
  const [handle]: Handle[] = await once(provider, 'message', { signal: soon() })
  if (!handle) throw new Error('no handle')
  await kill9(provider)
  await kit.driver.recover(handle, soon())
  expect(await kit.driver.inspect(handle)).toEqual({ state: 'running' })
  expect(await (await kit.ask(handle, '/h')).text()).toBe('hello')
  await kit.driver.destroy(handle)
  await expect(kit.driver.recover(handle, soon())).rejects.toMatchObject({ code: 'workloadNotFound' })
})

test.runIf(isLinux)(
  'a start that was killed at any moment is finished, once',
  { timeout: 2 * DEADLINE_MS },
  async () => {
    // From before the folder is made to after the workload runs.
    for (const afterMs of [40, 80, 110, 130, 150, 170, 190, 220, 260, 320]) {
      const spec = kit.spec('handler', 'http')
      const provider = startElsewhere(spec)
      await delay(afterMs)
      await kill9(provider)
      const [handle, again] = await Promise.all([
        kit.start(spec),
        createWasmDriver({ stateDir: kit.stateDir }).start(spec, soon()),
      ])
      expect(again).toEqual(handle)
      expect((await kit.ask(handle, '/h')).status).toBe(200)
      // A process whose parent was killed before it claimed the lease ends by itself.
      await expect.poll(() => processesOf(spec).length, { timeout: 15_000 }).toBe(1)
      await kit.driver.destroy(handle)
      await expect.poll(() => processesOf(spec).length).toBe(0)
    }
  },
)

test.runIf(isLinux)(
  'a workload that somebody killed is lost, and not run again',
  { timeout: DEADLINE_MS },
  async () => {
    const spec = kit.spec('runsForever')
    const handle = await kit.start(spec)
    const [pid = 0] = processesOf(spec)
    process.kill(pid, 'SIGKILL')
    const result = await kit.driver.wait(handle, soon())
    expect(result.reason).toEqual({ kind: 'lost' })
    expect(await kit.driver.start(spec, soon())).toEqual(handle)
    expect(await kit.driver.inspect(handle)).toEqual({ state: 'ended', result })
    expect(processesOf(spec)).toEqual([])
  },
)

test.runIf(isLinux)(
  'a workload that is killed because it does not stop by itself was stopped, whoever looks first',
  { timeout: DEADLINE_MS },
  async () => {
    const spec = kit.spec('runsForever')
    const handle = await kit.start(spec)
    const [pid = 0] = processesOf(spec)
    const claim = claimOf(pid) ?? expect.fail()
    const stopped = kit.driver.stop(handle, { graceMs: DEADLINE_MS })
    await expect.poll(() => readdirSync(join(kit.stateDir, 'leases', spec.leaseId))).toContain('stopping.json')
    process.kill(pid, 'SIGKILL')
    // Nothing else of this process runs meanwhile.
    while (isAlive(claim)) {}
    const looked = kit.driver.inspect(handle)
    expect(await looked).toMatchObject({ state: 'ended', result: { reason: { kind: 'stopped' } } })
    await stopped
  },
)

test.runIf(isLinux)('a process that has the pid of a dead one is left alone', { timeout: DEADLINE_MS }, async () => {
  const spec = kit.spec('runsForever')
  const handle = await kit.start(spec)
  const [pid = 0] = processesOf(spec)
  const stranger = spawn('sleep', ['60'])
  writeFileSync(
    join(kit.stateDir, 'leases', spec.leaseId, 'claim.1.json'),
    JSON.stringify({ pid: stranger.pid, startedTicks: 1 }),
  )
  expect(await kit.driver.inspect(handle)).toMatchObject({ result: { reason: { kind: 'lost' } } })
  await kit.driver.stop(handle, { graceMs: 10 })
  expect(stranger.exitCode).toBeNull()
  expect(stranger.signalCode).toBeNull()
  await kill9(stranger)
  process.kill(pid, 'SIGKILL')
})

test.runIf(isLinux)('secrets are for the owner only, and on no command line', { timeout: DEADLINE_MS }, async () => {
  const spec = kit.spec('handler', 'http')
  const handle = await kit.start(spec)
  const [pid] = processesOf(spec)
  const directory = join(kit.stateDir, 'leases', spec.leaseId)
  const [token = ''] = Object.values((await kit.endpoint(handle)).headers)
  expect(token).toMatch(/^[0-9a-f]{64}$/)
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(statSync(join(directory, 'record.json')).mode & 0o777).toBe(0o600)
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(token)
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('')
  const holders = readdirSync(directory).filter((name) => readFileSync(join(directory, name), 'utf8').includes(token))
  expect(holders).toEqual(['record.json'])
  expect(JSON.stringify(handle)).not.toContain(token)
})

test('a damaged file is named, and does not harm other leases', { timeout: DEADLINE_MS }, async () => {
  const spec = kit.spec('succeeds')
  const handle = await kit.start(spec)
  const other = await kit.start(kit.spec('exitsWith3'))
  await kit.driver.wait(handle, soon())
  const file = join(kit.stateDir, 'leases', spec.leaseId, 'exit.json')
  writeFileSync(file, '{"reason":')
  await expect(kit.driver.inspect(handle)).rejects.toMatchObject({ code: 'corruptState', data: { file } })
  writeFileSync(file, '{"reason":{"kind":"odd"},"atMs":1}')
  await expect(kit.driver.inspect(handle)).rejects.toMatchObject({ code: 'corruptState' })
  expect((await kit.driver.wait(other, soon())).reason).toEqual({ kind: 'exited', code: 3 })
  await kit.driver.destroy(handle)
  await expect(kit.driver.inspect(handle)).rejects.toMatchObject({ code: 'workloadNotFound' })
})
