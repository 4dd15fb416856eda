import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cidOf, parseCid } from '@tender/content'
import type { TaskDriver } from '@tender/driver'
import { checkResult, type JobResult, jobResultSchema, leaseId as leaseIdOf } from '@tender/protocol'
import { bytesToString } from 'viem'
import { expect, test } from 'vitest'
import { createFakeTasks } from './testJobs.ts'
import { createJobWorld, policy } from './testJobWorld.ts'

type World = Awaited<ReturnType<typeof createJobWorld>>

const soon = () => AbortSignal.timeout(60_000)

async function resultOf({ chain, content }: World): Promise<JobResult> {
  const cid = parseCid(chain.submissions.at(-1)?.cid ?? '')
  const file = (await content.find(cid, 'result.json')) ?? expect.fail('no result.json')
  return jobResultSchema.parse(JSON.parse(bytesToString(await content.readBytes(file, { bytes: 1e6 }, soon()))))
}

/** Everything that validators find wrong with what was submitted. */
async function faultsOf(world: World) {
  const { chain, terms, job } = world
  const result = await resultOf(world)
  const begun = (await chain.market.view(terms, undefined, soon()))?.begun ?? expect.fail('not begun')
  const blocks = result.records.map(({ block }) => [block, chain.hashAt(block)] as const)
  return checkResult(result, {
    lease: leaseIdOf(terms),
    provider: terms.provider,
    terms: job.jobTerms,
    replicas: job.order.replicas,
    index: terms.index,
    outputBytes: 1_000,
    root: chain.submissions.at(-1)?.root ?? expect.fail('nothing was submitted'),
    begunBlock: begun.block,
    submittedBlock: chain.block,
    blockHashes: new Map(blocks),
    progress: chain.progress,
  })
}

const submitted = (world: World) => world.until(() => world.chain.submissions.length > 0)

test('a job is fetched, begun, run and submitted; its result is what validators accept, with every output in it', async () => {
  const world = await createJobWorld({ job: { tasks: 7, atOnce: 2 } })
  const life = world.start()
  await world.deliver(life)
  await submitted(world)

  expect(await faultsOf(world)).toEqual([])
  expect(world.chain.sent.slice(0, 2)).toEqual(['begin', 'progress'])
  const { records } = await resultOf(world)
  expect(records.map(({ task }) => task).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6])
  const root = parseCid(world.chain.submissions[0]?.cid ?? '')
  for (const { task, output, outputBytes } of records) {
    const found = await world.content.find(root, `outputs/${task}`)
    expect(found?.toString()).toBe(cidOf(output).toString())
    expect(outputBytes).toBe(1)
  }
  await life.stop()
})

test('a task that fails is a result: its exit code and its log are kept, and the others go on', async () => {
  const script = (task: number) =>
    task === 1
      ? ({ kind: 'exited', code: 3 } as const)
      : task === 2
        ? ({ kind: 'crashed', detail: 'out of bounds' } as const)
        : undefined
  const world = await createJobWorld({ script })
  const life = world.start()
  const took: number[] = []
  life.keeper.onTask((seconds) => took.push(seconds))
  await world.deliver(life)
  await submitted(world)
  expect([took.length, took.every((seconds) => seconds > 0)]).toEqual([4, true])

  const exits = (await resultOf(world)).records.map(({ task, exit, outputBytes }) => ({ task, exit, outputBytes }))
  expect(exits.toSorted((a, b) => a.task - b.task)).toEqual([
    { task: 0, exit: 0, outputBytes: 1 },
    { task: 1, exit: 3, outputBytes: 1 },
    { task: 2, exit: 134, outputBytes: 0 },
    { task: 3, exit: 0, outputBytes: 1 },
  ])
  expect(await faultsOf(world)).toEqual([])
  expect(life.keeper.counts().tasks).toEqual({ done: 4, failed: 2, retried: 0 })
  expect(await world.places.log(world.id, 2)).toMatchObject({
    end: 'crashed: out of bounds',
    lines: [{ text: 'task 2' }],
  })
  await life.stop()
})

test('an output that cannot be content is none, and the others go on', async () => {
  const { driver } = createFakeTasks()
  const odd: TaskDriver = {
    ...driver,
    async runTask(spec, signal) {
      const result = await driver.runTask(spec, signal)
      if (spec.environment.TENDER_TASK === '1') await writeFile(join(spec.outputDir, 'a\\b'), 'odd')
      return result
    },
  }
  const world = await createJobWorld({ driver: odd })
  const life = world.start()
  await world.deliver(life)
  await submitted(world)
  const exits = (await resultOf(world)).records.map(({ task, exit, outputBytes }) => [task, exit, outputBytes])
  expect(exits.toSorted()).toEqual([
    [0, 0, 1],
    [1, 137, 0],
    [2, 0, 1],
    [3, 0, 1],
  ])
  expect(await world.places.log(world.id, 1)).toMatchObject({
    end: 'its output cannot be kept: the content is malformed: a name is not allowed',
  })
  await life.stop()
})

test('what the host fails at is tried again, and is no result', async () => {
  const script = (task: number, attempt: number) =>
    task === 1 && attempt === 0
      ? ({ kind: 'lost' } as const)
      : task === 2 && attempt === 0
        ? new Error('ENOSPC')
        : undefined
  const world = await createJobWorld({ script })
  const life = world.start()
  await world.deliver(life)
  await submitted(world)

  expect((await resultOf(world)).records.map(({ exit }) => exit)).toEqual([0, 0, 0, 0])
  expect(world.tasks.runs.toSorted()).toEqual([0, 1, 1, 2, 2, 3])
  expect(life.keeper.counts().tasks).toEqual({ done: 4, failed: 0, retried: 2 })
  await life.stop()
})

test('no more tasks run at once than the lease has places, nor than the host has cores', async () => {
  let most = 0
  let running = 0
  const gates: (() => void)[] = []
  const script = async () => {
    running++
    most = Math.max(most, running)
    const { promise, resolve } = Promise.withResolvers<void>()
    gates.push(resolve)
    await promise
    running--
    return { kind: 'exited', code: 0 } as const
  }
  const world = await createJobWorld({ script, hostCpuMillis: 1_600, job: { tasks: 6, atOnce: 5 } })
  const life = world.start()
  await world.deliver(life)
  await world.until(() => gates.length === 3)
  for (let task = 0; task < 6; task++) {
    await world.until(() => gates.length > task)
    gates[task]?.()
  }
  await submitted(world)
  expect(most).toBe(3)
  await life.stop()
})

test('a job that its tenant cancels ends its tasks; what it left is removed after a while', async () => {
  const world = await createJobWorld({ script: () => new Promise(() => {}) })
  const life = world.start()
  await world.deliver(life)
  await world.until(() => world.tasks.runs.length === 2)
  world.chain.end(world.terms)
  await life.book.refresh(world.id, soon())
  life.keeper.wake()
  await expect.poll(() => life.keeper.running(world.id)).toEqual([])

  expect(world.content.pins()).not.toEqual([])
  world.pass(policy.keepSeconds)
  life.keeper.wake()
  await world.until(() => world.stores.ended.get(world.id) !== undefined)
  expect(world.content.pins()).toEqual([])
  expect(world.content.usedBytes()).toBe(0)
  expect(world.stores.tasks.entries()).toEqual([])
  await life.stop()
})

test('a submission that a reorg took back is sent again, with blocks that the chain has', async () => {
  const world = await createJobWorld()
  const life = world.start()
  await world.deliver(life)
  await submitted(world)
  await world.until(() => life.book.get(world.id)?.chain.state === 'submitted')

  const { begun } = life.book.get(world.id)?.chain ?? {}
  world.chain.rollBack(world.terms)
  life.book.rolledBack(begun?.block ?? 0)
  await life.book.refresh(world.id, soon())
  life.keeper.wake()
  await world.until(() => world.chain.submissions.length > 1)
  expect(world.chain.submissions[1]?.root).not.toBe(world.chain.submissions[0]?.root)
  // What was posted on the other chain is gone with it.
  world.chain.progress.length = 0
  expect(await faultsOf(world)).toEqual([])
  expect(world.tasks.runs).toHaveLength(4)
  await life.stop()
})

test('a bundle that is not what was ordered is refused before the job is begun', async () => {
  const world = await createJobWorld()
  const life = world.start()
  const { salt: _, ...manifest } = world.job.manifest
  world.job.manifest = { ...manifest, salt: `0x${'22'.repeat(32)}` }
  await world.deliver(life)
  await world.until(() => life.book.get(world.id)?.chain.state === 'ended')
  expect(life.book.get(world.id)?.failed).toContain('job.json is not the manifest')
  expect(world.chain.sent).toEqual(['expire'])
  await life.stop()
})

test('a job whose validators come to no verdict is brought to its end by its provider', async () => {
  const world = await createJobWorld()
  const life = world.start()
  await world.deliver(life)
  await submitted(world)
  const seen = () => life.book.get(world.id)?.chain.state
  async function look(blocks: number, seconds: number): Promise<void> {
    world.chain.mine(blocks)
    world.pass(seconds)
    await life.book.refresh(world.id, soon())
    life.keeper.wake()
  }
  await world.until(() => seen() === 'submitted')
  await look(300, 1)
  await world.until(() => life.book.get(world.id)?.chain.reanchors === 1)
  await look(5, 1)
  await world.until(() => seen() === 'drawn')
  await look(1, 400)
  await world.until(() => seen() === 'recalled')
  await look(5, 1)
  await world.until(() => seen() === 'redrawn')
  await look(1, 400)
  await world.until(() => seen() === 'ended')
  expect(world.chain.sent.slice(-6)).toEqual(['submit', 'reanchor', 'draw', 'redraw', 'draw', 'split'])
  await life.stop()
})

test('whenever it is killed, no finished task runs again and what it submits is right', {
  timeout: 300_000,
}, async () => {
  for (let effects = 1; ; effects++) {
    const world = await createJobWorld({ job: { tasks: 4, atOnce: 2 } })
    const first = world.start(effects)
    // Whatever it waits for when it dies never comes.
    await Promise.race([world.deliver(first).catch(() => {}), world.until(() => first.dead)])
    await world.until(() => first.dead || world.chain.submissions.length > 0)
    void first.stop()
    const finished = world.stores.tasks.entries().map(({ value }) => value.task)
    const before = world.tasks.runs.length

    const second = world.start()
    await world.deliver(second)
    await submitted(world)
    await world.until(() => second.book.get(world.id)?.chain.state === 'submitted')
    const again = world.tasks.runs.slice(before)
    expect(again.filter((task) => finished.includes(task))).toEqual([])
    expect(await faultsOf(world)).toEqual([])
    expect(world.chain.submissions).toHaveLength(1)
    await second.stop()
    if (!first.dead) break
  }
})
