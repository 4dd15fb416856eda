import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isTaskDriver, type TaskDriver } from './taskDriver.ts'
import { MAX_TASK_LOG_BYTES, type TaskResult, type TaskSpec } from './taskTypes.ts'

type Program = Pick<TaskSpec, 'image' | 'entrypoint' | 'args'>

/** Programs that every driver of tasks must be able to run, in its own kind of image. */
export type TaskPrograms = {
  /** Copies `/input/in.txt` to `/output/out.txt` and exits with 0; with 1 if there is none. */
  copies: Program
  /** Writes `part` to `/output/part.txt` and exits with 3. */
  exitsWith3: Program
  /** Exits with 0 if it can write neither to `/input/new.txt` nor to `/input/in.txt`, else with 1. */
  cannotWriteInput: Program
  /** Writes the value of `TENDER_TASK` to `/output/task.txt`. */
  tellsTask: Program
  /** Writes the lines `one`, `two` and `three` to standard output and exits with 0. */
  prints: Program
  /** Uses CPU until it is killed. */
  runsForever: Program
  exhaustsMemory: Program
  /** Writes to standard output without end. */
  floods: Program
  /** Writes to `/output/big` until it may not. */
  fillsOutput: Program
  /** Traps, or dies of a signal. */
  crashes: Program
  /** An image that is none. */
  invalid: Program
}

/** A host of its own, with a driver on it. */
export type TaskSubject = {
  driver: TaskDriver
  programs: TaskPrograms
  /** What of tasks is still on the host: processes, containers, folders. */
  leftovers(): Promise<readonly string[]>
  close(): Promise<void>
}

const DEADLINE_MS = 120_000
const MIB = 2 ** 20
const limits = { cpuMilli: 1_000, memoryBytes: 32 * MIB, diskBytes: MIB }
const seed: TaskSpec['seed'] = `0x${'5e'.repeat(32)}`

let tasks = 0
function newTask(): TaskSpec['id'] {
  tasks += 1
  return `0x${tasks.toString(16).padStart(64, 'c')}`
}

/**
 * Registers the tests that every driver of tasks passes, and every fake.
 *
 * @example
 * describeTasks('wasm', async () => ({ driver: createWasmDriver({ stateDir }), programs, leftovers, close }))
 */
export function describeTasks(name: string, create: () => Promise<TaskSubject>): void {
  describe(`${name} is a driver of tasks`, { timeout: DEADLINE_MS }, () => {
    let subject: TaskSubject
    let folder: string
    const soon = () => AbortSignal.timeout(DEADLINE_MS)
    const specOf = (program: keyof TaskPrograms, more: Partial<TaskSpec> = {}): TaskSpec => ({
      id: newTask(),
      ...subject.programs[program],
      environment: { TENDER_TASK: '7' },
      limits,
      inputDir: join(folder, 'input'),
      outputDir: join(folder, 'output'),
      seed,
      ...more,
    })
    const run = (program: keyof TaskPrograms, more: Partial<TaskSpec> = {}): Promise<TaskResult> =>
      subject.driver.runTask(specOf(program, more), soon())
    const outputs = () =>
      Object.fromEntries(
        readdirSync(join(folder, 'output')).map((file) => [file, readFileSync(join(folder, 'output', file), 'utf8')]),
      )
    const done = { reason: { kind: 'exited', code: 0 } }

    beforeEach(async () => {
      subject = await create()
      folder = mkdtempSync(join(tmpdir(), 'tender-tasks-'))
      for (const name of ['input', 'output']) mkdirSync(join(folder, name))
      writeFileSync(join(folder, 'input', 'in.txt'), 'what comes in')
    })
    afterEach(async () => {
      rmSync(folder, { recursive: true, force: true })
      expect(await subject.leftovers()).toEqual([])
      await subject.close()
    })

    test('says that it is one', () => {
      expect(subject.driver.capabilities.tasks).toBe(true)
      expect(isTaskDriver(subject.driver)).toBe(true)
    })

    test('gives a task its input and takes its output', async () => {
      expect(await run('copies')).toMatchObject(done)
      expect(outputs()).toEqual({ 'out.txt': 'what comes in' })
    })

    test('replaces what an earlier run left in the output', async () => {
      writeFileSync(join(folder, 'output', 'old.txt'), 'old')
      mkdirSync(join(folder, 'output', 'more'))
      expect(await run('copies')).toMatchObject(done)
      expect(Object.keys(outputs())).toEqual(['out.txt'])
    })

    test('gives an empty input where there is none', async () => {
      const { id, inputDir: _, ...spec } = specOf('copies')
      const result = await subject.driver.runTask({ id, ...spec }, soon())
      expect(result).toMatchObject({ reason: { kind: 'exited', code: 1 } })
    })

    test('shows a task nothing behind a link in its input', async () => {
      rmSync(join(folder, 'input', 'in.txt'))
      symlinkSync('/etc/passwd', join(folder, 'input', 'in.txt'))
      expect(await run('copies')).toMatchObject({ reason: { kind: 'exited', code: 1 } })
      expect(outputs()).not.toHaveProperty('out.txt')
    })

    test('keeps a task from its input', async () => {
      expect(await run('cannotWriteInput')).toMatchObject(done)
      expect(readdirSync(join(folder, 'input'))).toEqual(['in.txt'])
      expect(readFileSync(join(folder, 'input', 'in.txt'), 'utf8')).toBe('what comes in')
    })

    test('keeps what a failed task left, and its code', async () => {
      expect(await run('exitsWith3')).toMatchObject({ reason: { kind: 'exited', code: 3 } })
      expect(outputs()).toEqual({ 'part.txt': 'part' })
    })

    test('gives a task its environment', async () => {
      expect(await run('tellsTask')).toMatchObject(done)
      expect(outputs()).toEqual({ 'task.txt': '7' })
    })

    test('keeps its log', async () => {
      const { log } = await run('prints')
      expect(log.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
      expect(log[0]).toMatchObject({ stream: 'stdout', service: 'task', atMs: expect.any(Number) })
    })

    test('ends what passes its limits, and keeps nothing of it', async () => {
      const short = { limits: { ...limits, runMs: 1_000 } }
      expect((await run('runsForever', short)).reason).toMatchObject({ kind: 'killed', by: 'time' })
      expect((await run('exhaustsMemory')).reason).toMatchObject({ kind: 'killed', by: 'memory' })
      expect((await run('fillsOutput')).reason).toMatchObject({ kind: 'killed', by: 'disk' })
      expect(outputs()).toEqual({})
    })

    test('ends what floods its log, and keeps little of it', async () => {
      const { reason, log } = await run('floods')
      expect(reason).toMatchObject({ kind: 'killed', by: 'output' })
      const bytes = log.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
      expect(bytes).toBeLessThanOrEqual(MAX_TASK_LOG_BYTES)
    })

    test('says what a program died of', async () => {
      expect((await run('crashes')).reason).toMatchObject({ kind: 'crashed' })
      expect((await run('invalid')).reason).toMatchObject({ kind: 'invalid' })
    })

    test('meters', async () => {
      const { usage } = await run('runsForever', { limits: { ...limits, runMs: 4_000 } })
      expect(usage.cpuMs).toBeGreaterThan(100)
    })

    test('kills what is aborted', async () => {
      const abort = new AbortController()
      const running = subject.driver.runTask(specOf('runsForever'), abort.signal)
      abort.abort(new Error('enough'))
      await expect(running).rejects.toThrow('enough')
      await expect(subject.driver.runTask(specOf('prints'), abort.signal)).rejects.toThrow('enough')
    })

    test('runs different tasks at once', async () => {
      const each = ['1', '2', '3'].map(async (task) => {
        const outputDir = join(folder, `output${task}`)
        mkdirSync(outputDir)
        const result = await run('tellsTask', { outputDir, environment: { TENDER_TASK: task } })
        expect(result).toMatchObject(done)
        return readFileSync(join(outputDir, 'task.txt'), 'utf8')
      })
      expect(await Promise.all(each)).toEqual(['1', '2', '3'])
    })

    test('runs a task again', async () => {
      const spec = specOf('copies')
      for (const _ of ['first', 'second']) expect(await subject.driver.runTask(spec, soon())).toMatchObject(done)
      expect(outputs()).toEqual({ 'out.txt': 'what comes in' })
    })
  })
}
